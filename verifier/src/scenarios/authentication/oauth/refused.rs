//! Logins and tokens that must not open anything.

use persys_contract::{ErrorCode, topology::MachineRole};
use reqwest::Method;
use serde_json::json;

use super::{
    flow::LoggedIn,
    login::{Login, come_back, github, repositories},
    token::{Token, forge, hs256, unsigned},
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::Exchange,
    scenarios::support::{Component, Refusals, Refused},
};

/// What was tried and what came of it.
type Tried = Vec<(String, Exchange)>;

/// Only the browser that began a login may end it; until then the code stays good.
pub async fn bad_state(cx: &mut Context) -> StepResult {
    let refusals = Refusals::begin(cx, &Component::gateway(cx)).await?;
    let (mine, other) = (Login::begin(cx).await?, Login::begin(cx).await?);
    let back = mine.approve(cx).await?;
    let (code, state, cookie) = (Some(&*back.code), Some(&*back.state), Some(mine.cookie()));
    let (foreign, guessed) = (other.state(), "0".repeat(back.state.len()));
    let spoilt = format!("{}x", mine.cookie());
    let mut tried = Tried::new();
    for (what, state, cookie) in [
        ("without a cookie", state, None),
        ("with the cookie of another login", state, Some(other.cookie())),
        ("with a spoilt cookie", state, Some(&*spoilt)),
        ("with the state of another login", Some(&*foreign), cookie),
        ("with a guessed state", Some(&*guessed), cookie),
        ("without a state", None, cookie),
        ("with an empty state", Some(""), cookie),
    ] {
        tried.push((what.to_owned(), come_back(cx, code, state, cookie).await?));
    }
    all_refused(cx, &refusals, ErrorCode::BadState, &tried).await?;
    let answer = come_back(cx, code, state, cookie).await?;
    let mut checks = cx.checks();
    checks.equal("status with the right state and the same code", answer.status, 200);
    checks.finish()
}

/// A code is good once, for the login that asked for it, and while it is young.
pub async fn bad_code(cx: &mut Context) -> StepResult {
    let refusals = Refusals::begin(cx, &Component::gateway(cx)).await?;
    let mut tried = Tried::new();
    let used = Login::begin(cx).await?;
    let back = used.approve(cx).await?;
    let (state, cookie) = (Some(&*back.state), Some(used.cookie()));
    let first = come_back(cx, Some(&back.code), state, cookie).await?;
    if first.status != 200 {
        return Err(StepError::failed(first.to_string()));
    }
    let again = come_back(cx, Some(&back.code), state, cookie).await?;
    tried.push(("a used code".to_owned(), again));
    for (what, code) in [
        ("an unknown code", Some("0123456789abcdef0123")),
        ("an empty code", Some("")),
        ("no code", None),
    ] {
        tried.push((what.to_owned(), come_back(cx, code, state, cookie).await?));
    }

    // What an attacker got for itself is not to be slipped into another's login.
    let (victim, attacker) = (Login::begin(cx).await?, Login::begin(cx).await?);
    let stolen = attacker.approve(cx).await?.code;
    let state = victim.state();
    let answer = come_back(cx, Some(&stolen), Some(&state), Some(victim.cookie())).await?;
    tried.push(("the code of another login".to_owned(), answer));

    let late = Login::begin(cx).await?;
    let back = late.approve(cx).await?;
    github(cx)?.order(Method::POST, "/codes/expire", None).await?;
    let answer = come_back(cx, Some(&back.code), Some(&back.state), Some(late.cookie())).await?;
    tried.push(("a code that is too old".to_owned(), answer));
    all_refused(cx, &refusals, ErrorCode::BadCode, &tried).await
}

/// Nothing but an unexpired token that was signed with the key opens anything.
pub async fn bad_token(cx: &mut Context) -> StepResult {
    let refusals = Refusals::begin(cx, &Component::gateway(cx)).await?;
    let good = cx.get::<LoggedIn>()?.token.clone();
    let key = cx.probes().secret("jwt-key")?;
    let key = key.as_bytes();
    let claims = Token::read(&good)
        .ok_or_else(|| StepError::failed("the login's token is no JSON Web Token"))?
        .claims;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let none = |alg: &str| json!({ "alg": alg, "typ": "JWT" });
    let (signed, signature) = good.rsplit_once('.').unwrap_or_default();
    let (header, _) = signed.split_once('.').unwrap_or_default();
    let other = unsigned(&hs256(), &with("login", json!("octocat")));
    let other_claims = other.split_once('.').map_or("", |(_, claims)| claims);

    // Made with the key itself: that it opens the door shows that the forger's art is good.
    let remade = forge(&hs256(), &claims, key);
    cx.probes().add_secret("a forged token", &remade);
    let control = repositories(cx, Some(&format!("Bearer {remade}"))).await?;
    if control.status != 200 {
        return Err(StepError::failed(format!(
            "a token like the gateway's own is refused: {control}"
        )));
    }

    let bearers = [
        ("a text that is no token", "nonsense".to_owned()),
        ("alg none without a signature", format!("{}.", unsigned(&none("none"), &claims))),
        ("alg None without a signature", format!("{}.", unsigned(&none("None"), &claims))),
        (
            "alg none with the good token's signature",
            format!("{}.{signature}", unsigned(&none("none"), &claims)),
        ),
        ("alg none, signed with the key", forge(&none("none"), &claims, key)),
        ("no signature", format!("{signed}.")),
        ("no signature and no dot", signed.to_owned()),
        ("another algorithm, signed with the key", forge(&none("HS512"), &claims, key)),
        ("expired, signed with the key", forge(&hs256(), &with("exp", json!(now - 60)), key)),
        ("expired long ago, signed with the key", forge(&hs256(), &with("exp", json!(1)), key)),
        ("without an end, signed with the key", forge(&hs256(), &with("exp", json!(null)), key)),
        ("signed with a foreign key", forge(&hs256(), &claims, &[b'0'; 64])),
        ("signed with the empty key", forge(&hs256(), &claims, b"")),
        (
            "another user's claims under the good signature",
            format!("{header}.{other_claims}.{signature}"),
        ),
    ];
    let mut tried = Tried::new();
    tried.push(("no token".to_owned(), repositories(cx, None).await?));
    tried.push(("an empty bearer".to_owned(), repositories(cx, Some("Bearer ")).await?));
    let basic = format!("Basic {good}");
    tried.push(("another scheme".to_owned(), repositories(cx, Some(&basic)).await?));
    for (what, token) in bearers {
        let answer = repositories(cx, Some(&format!("Bearer {token}"))).await?;
        tried.push((what.to_owned(), answer));
    }
    all_refused(cx, &refusals, ErrorCode::BadToken, &tried).await
}

/// Each is refused with exactly this code, logged with reason and peer, and counted.
async fn all_refused(
    cx: &Context,
    refusals: &Refusals,
    code: ErrorCode,
    tried: &Tried,
) -> StepResult {
    let mut checks = cx.checks();
    for (what, answer) in tried {
        let detail = format!("expected {} {code}; {answer}", code.status());
        checks.is_true(&format!("refused {what}"), answer.is_refusal(code), detail);
    }
    checks.finish()?;
    let host = cx.topology().one(MachineRole::Client).1.address;
    let told: Vec<_> = tried
        .iter()
        .map(|(_, answer)| Refused::request(host, answer.request_id.as_deref()))
        .collect();
    refusals.told(cx, code.as_str(), &told).await
}
