//! The web application flow, whole and refused.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, Response, header::LOCATION};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::bench::{Bench, CALLBACK, CLIENT_ID, CLIENT_SECRET};

const VERIFIER: &str = "a-verifier-of-at-least-43-characters-0123456789";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// Asks for authorization and gives the address that the browser is sent to.
async fn authorize(bench: &Bench, more: &[(&str, &str)]) -> Url {
    let response = authorize_as(bench, CLIENT_ID, more).await;
    assert_eq!(response.status(), 302);
    Url::parse(response.headers()[LOCATION].to_str().unwrap()).unwrap()
}

async fn authorize_as(bench: &Bench, client_id: &str, more: &[(&str, &str)]) -> Response {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client_id)
        .extend_pairs(more)
        .finish();
    bench.get(&format!("/login/oauth/authorize?{query}")).send().await.unwrap()
}

fn query(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

async fn code(bench: &Bench, more: &[(&str, &str)]) -> String {
    query(&authorize(bench, more).await).remove("code").unwrap()
}

/// Exchanges a code; the fields in `more` replace the usual ones.
async fn exchange(bench: &Bench, code: &str, more: &[(&str, &str)]) -> Value {
    let mut fields =
        HashMap::from([("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("code", code)]);
    fields.extend(more.iter().copied());
    let request = bench.client.post(bench.url("/login/oauth/access_token"));
    let response = request.header("accept", "application/json").json(&fields).send().await.unwrap();
    assert_eq!(response.status(), 200, "refusals are answered with 200 too");
    response.json().await.unwrap()
}

async fn refused(bench: &Bench, code: &str, more: &[(&str, &str)]) -> String {
    let reply = exchange(bench, code, more).await;
    assert_eq!(reply.get("access_token"), None, "{reply}");
    reply["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_whole_flow_leads_to_the_account() {
    let bench = Bench::start().await;
    let target = authorize(
        &bench,
        &[
            ("redirect_uri", CALLBACK),
            ("scope", "read:user user:email"),
            ("state", "a state & more"),
            ("code_challenge", &challenge()),
            ("code_challenge_method", "S256"),
        ],
    )
    .await;
    assert_eq!(target.as_str().split('?').next().unwrap(), CALLBACK);
    let mut told = query(&target);
    assert_eq!(told.remove("state").unwrap(), "a state & more");
    let code = told.remove("code").unwrap();
    assert!(told.is_empty(), "{told:?}");

    let more = [("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
    let reply = exchange(&bench, &code, &more).await;
    assert_eq!(reply["token_type"], "bearer");
    assert_eq!(reply["scope"], "read:user,user:email");
    let token = reply["access_token"].as_str().unwrap();
    assert!(token.starts_with("gho_"), "{token}");
    let user: Value = bench.api("/user", token).await.json().await.unwrap();
    assert_eq!((&user["login"], &user["id"]), (&json!("octocat"), &json!(1)));

    assert_eq!(refused(&bench, &code, &more).await, "bad_verification_code");
}

#[tokio::test]
async fn a_code_is_exchanged_once_even_when_many_try_at_once() {
    let bench = Bench::start().await;
    let code = code(&bench, &[]).await;
    let tries = (0..8).map(|_| exchange(&bench, &code, &[]));
    let replies = futures::future::join_all(tries).await;
    let granted = replies.iter().filter(|reply| reply.get("access_token").is_some()).count();
    assert_eq!(granted, 1, "{replies:?}");
}

#[tokio::test]
async fn forms_go_in_and_come_out_unless_json_or_xml_is_asked_for() {
    let bench = Bench::start().await;
    let send = async |code: &str, accept: &str| {
        let fields = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("code", code)];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = bench.client.post(bench.url("/login/oauth/access_token"));
        let response = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", accept)
            .body(form)
            .send()
            .await
            .unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        (kind, response.text().await.unwrap())
    };
    let good = code(&bench, &[("scope", "repo user")]).await;
    let (kind, text) = send(&good, "*/*").await;
    assert_eq!(kind, "application/x-www-form-urlencoded; charset=utf-8");
    let reply: HashMap<_, _> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    assert!(reply["access_token"].starts_with("gho_"));
    assert_eq!((reply["scope"].as_str(), reply["token_type"].as_str()), ("repo,user", "bearer"));
    let (_, text) = send(&good, "*/*").await;
    assert!(text.starts_with("error=bad_verification_code&error_description=The+code"), "{text}");
    let (kind, text) = send(&good, "application/xml").await;
    assert_eq!(kind, "application/xml; charset=utf-8");
    assert!(text.contains("<error>bad_verification_code</error>"), "{text}");
}

#[tokio::test]
async fn an_app_that_is_unknown_or_shows_a_wrong_secret_gets_nothing() {
    let bench = Bench::start().await;
    assert_eq!(authorize_as(&bench, "another-app", &[]).await.status(), 404);
    let without = bench.get("/login/oauth/authorize").send().await.unwrap();
    assert_eq!(without.status(), 404);

    let code = code(&bench, &[]).await;
    for wrong in [
        ("client_secret", "wrong"),
        ("client_secret", ""),
        ("client_id", "another-app"),
        ("client_id", ""),
    ] {
        assert_eq!(refused(&bench, &code, &[wrong]).await, "incorrect_client_credentials");
    }
    let reply = exchange(&bench, &code, &[]).await;
    assert!(reply["access_token"].is_string(), "a stranger does not use the code up: {reply}");
}

#[tokio::test]
async fn codes_that_are_unknown_old_or_absent_are_refused() {
    let bench = Bench::start().await;
    for unknown in ["", "0123456789abcdef0123"] {
        assert_eq!(refused(&bench, unknown, &[]).await, "bad_verification_code");
    }
    let made = async |age: u32| {
        let made = bench.create("/codes", json!({"ageSeconds": age})).await;
        made["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&bench, &made(600).await, &[]).await, "bad_verification_code");
    assert!(exchange(&bench, &made(590).await, &[]).await["access_token"].is_string());

    let waiting = code(&bench, &[]).await;
    let (status, reply) = bench.admin(Method::POST, "/codes/expire", Value::Null).await;
    assert_eq!((status, reply), (200, json!({"expired": 1})));
    assert_eq!(refused(&bench, &waiting, &[]).await, "bad_verification_code");
}

#[tokio::test]
async fn a_code_with_a_challenge_needs_the_verifier() {
    let bench = Bench::start().await;
    let challenge = challenge();
    let asked = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    let wrong = "another-verifier-of-at-least-43-characters-0123";
    for more in [&[][..], &[("code_verifier", wrong)], &[("code_verifier", &challenge)]] {
        let code = code(&bench, &asked).await;
        assert_eq!(refused(&bench, &code, more).await, "bad_verification_code");
        let right = refused(&bench, &code, &[("code_verifier", VERIFIER)]).await;
        assert_eq!(right, "bad_verification_code", "the first try used the code up");
    }
    for odd in [
        &[("code_challenge", challenge.as_str()), ("code_challenge_method", "plain")][..],
        &[("code_challenge", challenge.as_str())],
        &[("code_challenge_method", "S256")],
        &[("code_challenge", "short"), ("code_challenge_method", "S256")],
    ] {
        let told = query(&authorize(&bench, odd).await);
        assert_eq!(told["error"], "invalid_request");
        assert!(!told.contains_key("code"));
    }
}

#[tokio::test]
async fn a_redirect_leads_only_to_the_callback_or_below() {
    let bench = Bench::start().await;
    for wrong in [
        "https://evil.example/auth/callback",
        "https://gateway.persys.local/auth/callback",
        "https://gateway.persys.local:8551/elsewhere",
        "http://gateway.persys.local:8551/auth/callback",
        "no address",
    ] {
        let target = authorize(&bench, &[("redirect_uri", wrong), ("state", "s")]).await;
        assert!(target.as_str().starts_with(&format!("{CALLBACK}?")), "{target}");
        let told = query(&target);
        assert_eq!(told["error"], "redirect_uri_mismatch");
        assert_eq!(told["state"], "s");
        assert!(!told.contains_key("code"));
    }
    let below = format!("{CALLBACK}/cli?x=1");
    let target = authorize(&bench, &[("redirect_uri", &below)]).await;
    assert!(target.as_str().starts_with(&format!("{below}&code=")), "{target}");
    assert!(!query(&target).contains_key("state"));

    let other = format!("{CALLBACK}/other");
    let code = query(&target).remove("code").unwrap();
    let error = refused(&bench, &code, &[("redirect_uri", &other)]).await;
    assert_eq!(error, "redirect_uri_mismatch");
}

#[tokio::test]
async fn the_account_at_the_browser_answers() {
    let bench = Bench::start().await;
    let login = async |more: &[(&str, &str)]| {
        let reply = exchange(&bench, &code(&bench, more).await, &[]).await;
        let token = reply["access_token"].as_str().unwrap();
        let user: Value = bench.api("/user", token).await.json().await.unwrap();
        user["login"].as_str().unwrap().to_owned()
    };
    assert_eq!(login(&[]).await, "octocat");
    assert_eq!(login(&[("login", "Hubot")]).await, "hubot");
    let unknown = authorize_as(&bench, CLIENT_ID, &[("login", "nobody")]).await;
    assert_eq!(unknown.status(), 404);

    let change = json!({"login": "hubot", "approves": true});
    assert_eq!(bench.admin(Method::PUT, "/session", change.clone()).await, (200, change));
    assert_eq!(login(&[]).await, "hubot");
    let change = json!({"login": "hubot", "approves": false});
    bench.admin(Method::PUT, "/session", change).await;
    let told = query(&authorize(&bench, &[("state", "s")]).await);
    assert_eq!((told["error"].as_str(), told["state"].as_str()), ("access_denied", "s"));
}
