//! The whole login, and what its token is good for.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    login::{Login, come_back, gateway_url, github, repositories},
    token::Token,
};
use crate::{
    context::{Checks, Context},
    evidence::{StepError, StepResult},
};

/// How long a token is good for, in seconds (contract §4).
const SESSION: i64 = 3600;
/// An S256 challenge is a digest of 32 bytes in base64url (RFC 7636).
const CHALLENGE: usize = 43;
/// Shorter states could be guessed.
const STATE_MIN: usize = 22;

/// The token of the user who is logged in.
pub struct LoggedIn {
    pub token: String,
    pub login: String,
}

impl LoggedIn {
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

#[derive(Deserialize)]
struct Welcome {
    token: String,
    user: Value,
}

/// An account of its own, so that nothing of earlier runs is in the way; as the
/// gateway is to show it.
async fn account(cx: &Context, prefix: &str) -> Result<Value, StepError> {
    let login = cx.unique(prefix);
    let email = format!("{login}@github.example");
    let emails =
        json!([{ "email": email, "primary": true, "verified": true, "visibility": "public" }]);
    let user = json!({ "login": login, "name": "Ada Test", "email": email, "emails": emails });
    let github = github(cx)?;
    let made = github.order(Method::POST, "/users", Some(&user)).await?;
    sign_in(cx, &login).await?;
    Ok(json!({ "id": made["id"], "login": login, "name": user["name"], "email": email }))
}

/// Has an account answer what GitHub is asked from now on; the one before it
/// answers again when the scenario ends.
async fn sign_in(cx: &Context, login: &str) -> StepResult {
    let github = github(cx)?;
    let before = github.order(Method::GET, "/session", None).await?;
    let session = json!({ "login": login, "approves": true });
    github.order(Method::PUT, "/session", Some(&session)).await?;
    cx.on_cleanup(format!("sign {login} out of GitHub"), async move {
        github.order(Method::PUT, "/session", Some(&before)).await.map(drop)
    });
    Ok(())
}

pub async fn logs_in(cx: &mut Context) -> StepResult {
    let account = account(cx, "ada").await?;
    let began = time::OffsetDateTime::now_utc().unix_timestamp();
    let (login, other) = (Login::begin(cx).await?, Login::begin(cx).await?);
    let mut checks = cx.checks();
    let asked = login.asked();
    let names: Vec<_> = asked.keys().cloned().collect();
    let shown =
        json!({ "host": login.target.host_str(), "path": login.target.path(), "asked": names });
    cx.record("oauth", "where the gateway sends a browser", shown);
    checks.is_true(
        "the browser is sent to GitHub",
        github(cx)?.has(&login.target),
        login.target.as_str(),
    );
    checks.equal("path at GitHub", login.target.path(), "/login/oauth/authorize");
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    checks.is_true("a client_id is named", !of("client_id").is_empty(), format!("{names:?}"));
    checks.is_true("a scope is asked for", !of("scope").is_empty(), format!("{names:?}"));
    checks.equal("redirect_uri", of("redirect_uri"), gateway_url(cx, "/auth/callback"));
    checks.equal("length of the code_challenge", of("code_challenge").len(), CHALLENGE);
    checks.equal("code_challenge_method", of("code_challenge_method"), "S256".to_owned());
    let length = of("state").len();
    checks.is_true(
        "the state cannot be guessed",
        length >= STATE_MIN,
        format!("{length} characters"),
    );
    checks.is_true(
        "each login has its own state",
        login.state() != other.state(),
        "the same twice",
    );
    checks.is_true(
        "each login has its own cookie",
        login.cookie() != other.cookie(),
        "the same twice",
    );
    let attributes: Vec<String> =
        login.set_cookie.split(';').skip(1).map(|part| part.trim().to_ascii_lowercase()).collect();
    for wanted in ["httponly", "secure", "samesite=lax"] {
        let held = attributes.iter().any(|attribute| attribute == wanted);
        checks.is_true(&format!("the cookie is {wanted}"), held, format!("{attributes:?}"));
    }
    checks.finish()?;

    let back = login.approve(cx).await?;
    let mut checks = cx.checks();
    checks.is_true("GitHub returns the state", back.state == login.state(), "another one");
    checks.finish()?;
    let answer = come_back(cx, Some(&back.code), Some(&back.state), Some(login.cookie())).await?;
    if answer.status != 200 {
        return Err(StepError::failed(answer.to_string()));
    }
    let welcome: Welcome = answer.json()?;
    cx.probes().add_secret("the user's token", &welcome.token);
    let mut checks = cx.checks();
    for field in ["id", "login", "name", "email"] {
        checks.equal(&format!("user.{field}"), &welcome.user[field], &account[field]);
    }
    is_session(cx, &mut checks, &welcome.token, began)?;
    checks.finish()?;
    let login = welcome.user["login"].as_str().unwrap_or_default().to_owned();
    cx.put(LoggedIn { token: welcome.token, login });
    Ok(())
}

/// HS256 with the configured key, for an hour.
fn is_session(cx: &Context, checks: &mut Checks, text: &str, began: i64) -> StepResult {
    let key = cx.probes().secret("jwt-key")?;
    let Some(token) = checks.some("the token as a JSON Web Token", Token::read(text)) else {
        return Ok(());
    };
    checks.equal("alg", &token.header["alg"], &json!("HS256"));
    checks.is_true(
        "it is signed with the configured key",
        token.is_signed_with(key.as_bytes()),
        "it is not",
    );
    let ends = token.claims["exp"].as_i64().unwrap_or_default();
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    // The machines' clocks may differ a little.
    checks.between("exp, in seconds from now", ends - now, began - now + SESSION - 5, SESSION + 5);
    Ok(())
}

/// What the token opens is the user's own: a repository that was made just now,
/// and none of another account.
pub async fn lists_repositories(cx: &mut Context) -> StepResult {
    let github = github(cx)?;
    let login = cx.get::<LoggedIn>()?.login.clone();
    let stranger = cx.unique("eve");
    github.order(Method::POST, "/users", Some(&json!({ "login": stranger }))).await?;
    let (own, foreign) = (cx.unique("own"), cx.unique("foreign"));
    for (owner, name) in [(&login, &own), (&stranger, &foreign)] {
        let made = json!({ "owner": owner, "name": name, "private": true });
        github.order(Method::POST, "/repositories", Some(&made)).await?;
        let (github, path) = (github.clone(), format!("/repositories/{owner}/{name}"));
        cx.on_cleanup(format!("remove the repository {owner}/{name}"), async move {
            github.order(Method::DELETE, &path, None).await.map(drop)
        });
    }
    let answer = repositories(cx, Some(&cx.get::<LoggedIn>()?.bearer())).await?;
    if answer.status != 200 {
        return Err(StepError::failed(answer.to_string()));
    }
    let listed: Value = answer.json()?;
    let names: Vec<_> = listed["repos"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|repository| repository["name"].as_str())
        .collect();
    let mut checks = cx.checks();
    checks.equal("the user's repositories", &names, &vec![own.as_str()]);
    checks.finish()
}
