//! The login with GitHub, whole and refused.

use persys_contract::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::{CALLBACK, GitHubSite, Login, TestGateway, TestGitHub, callback};

async fn network() -> (GitHubSite, TestGitHub, TestGateway) {
    let site = GitHubSite::create();
    let github = TestGitHub::start(&site).await;
    let gateway = site.gateway(github.address).await;
    (site, github, gateway)
}

async fn rejections(gateway: &TestGateway, reason: &str) -> Option<String> {
    gateway.metric(&format!(r#"persys_auth_rejections_total{{reason="{reason}""#)).await
}

#[tokio::test]
async fn a_browser_is_sent_to_github_with_what_the_flow_needs() {
    let (_site, github, gateway) = network().await;
    let login = Login::begin(&gateway).await;
    let start = format!("https://{}/login/oauth/authorize?", github.address);
    assert!(login.target.as_str().starts_with(&start), "{}", login.target);
    let asked = login.asked();
    assert_eq!(asked["client_id"], "the-app");
    assert_eq!(asked["redirect_uri"], CALLBACK);
    assert_eq!(asked["code_challenge_method"], "S256");
    assert!(!asked["scope"].is_empty());
    assert_eq!((asked["state"].len(), asked["code_challenge"].len()), (43, 43));

    let attributes: Vec<_> = login.set_cookie.split("; ").skip(1).collect();
    for needed in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(attributes.contains(&needed), "{}", login.set_cookie);
    }
    // Another login shares nothing with it.
    let other = Login::begin(&gateway).await;
    assert_ne!(other.cookie(), login.cookie());
    assert_ne!(other.state(), login.state());
    assert_ne!(other.asked()["code_challenge"], asked["code_challenge"]);
}

#[tokio::test]
async fn who_comes_back_gets_a_token_and_is_told_who_it_is() {
    let (_site, github, gateway) = network().await;
    let login = Login::begin(&gateway).await;
    let query = login.authorize(&github).await;
    let reply = callback(&gateway, &query, Some(login.cookie())).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let user = json!({
        "id": 1, "login": "octocat", "name": "Mona Octocat", "email": "octocat@github.example",
    });
    assert_eq!(reply.json()["user"], user);
    assert_eq!(reply.json()["token"].as_str().unwrap().split('.').count(), 3);
    assert_eq!(reply.headers["cache-control"], "no-store");
    let taken_away = reply.headers["set-cookie"].to_str().unwrap();
    assert!(taken_away.contains("Max-Age=0"), "{taken_away}");
    assert!(!reply.text().contains("gho_"), "{}", reply.text());
    assert_eq!(rejections(&gateway, "bad_state").await, None);

    // An account without a name and a public address is shown as such.
    let session = json!({"login": "hubot", "approves": true});
    github.order(Method::PUT, "/session", session).await;
    let login = Login::begin(&gateway).await;
    let query = login.authorize(&github).await;
    let reply = callback(&gateway, &query, Some(login.cookie())).await;
    let hubot = json!({"id": 2, "login": "hubot", "name": "Hubot", "email": null});
    assert_eq!(reply.json()["user"], hubot);
}

#[tokio::test]
async fn a_state_that_is_not_the_cookie_s_is_refused_before_github_is_asked() {
    let (_site, github, gateway) = network().await;
    let login = Login::begin(&gateway).await;
    let other = Login::begin(&gateway).await;
    let query = login.authorize(&github).await;
    let state = format!("state={}", login.state());
    assert!(query.contains(&state), "{query}");
    let without = query.replace(&state, "");
    let twice = format!("{query}&{state}");
    let changed = query.replace(&state, "state=x");
    let longer = format!("{query}x");
    let spoilt = format!("{}x", login.cookie());
    let renamed = login.cookie().replace("persys", "other");
    let cases = [
        (query.as_str(), None),
        (&query, Some(other.cookie())),
        (&query, Some(spoilt.as_str())),
        (&query, Some(renamed.as_str())),
        (&query, Some("__Host-persys-login=")),
        (&without, Some(login.cookie())),
        (&twice, Some(login.cookie())),
        (&changed, Some(login.cookie())),
        (&longer, Some(login.cookie())),
        ("", Some(login.cookie())),
        ("", None),
    ];
    for (query, cookie) in cases {
        let reply = callback(&gateway, query, cookie).await;
        assert_eq!(reply.refusal(), (401, "bad_state".to_owned()), "{query} {cookie:?}");
    }
    let counted = rejections(&gateway, "bad_state").await;
    assert_eq!(counted, Some(cases.len().to_string()));
    // Nobody has used the code up.
    assert_eq!(callback(&gateway, &query, Some(login.cookie())).await.status, 200);
}

#[tokio::test]
async fn a_code_that_github_does_not_know_is_refused() {
    let (_site, github, gateway) = network().await;
    let login = Login::begin(&gateway).await;
    let query = login.authorize(&github).await;
    assert_eq!(callback(&gateway, &query, Some(login.cookie())).await.status, 200);
    let state = login.state();
    let long = "x".repeat(300);
    let bad_code = (401, "bad_code".to_owned());
    for used_or_unknown in [
        query,
        format!("code=0123456789abcdef0123&state={state}"),
        format!("code={long}&state={state}"),
        format!("code=&state={state}"),
        format!("code=%00%0d%0a&state={state}"),
        format!("state={state}"),
    ] {
        let reply = callback(&gateway, &used_or_unknown, Some(login.cookie())).await;
        assert_eq!(reply.refusal(), bad_code, "{used_or_unknown}");
    }

    // A code that another login got, which has another challenge.
    let thief = Login::begin(&gateway).await;
    let query = Login::begin(&gateway).await.authorize(&github).await;
    let code = query.split('&').find(|pair| pair.starts_with("code=")).unwrap();
    let stolen = format!("{code}&state={}", thief.state());
    assert_eq!(callback(&gateway, &stolen, Some(thief.cookie())).await.refusal(), bad_code);

    // One that was too old when it came.
    let login = Login::begin(&gateway).await;
    let query = login.authorize(&github).await;
    github.order(Method::POST, "/codes/expire", json!(null)).await;
    assert_eq!(callback(&gateway, &query, Some(login.cookie())).await.refusal(), bad_code);
    assert_eq!(rejections(&gateway, "bad_code").await.as_deref(), Some("8"));
}

#[tokio::test]
async fn who_says_no_at_github_is_not_logged_in() {
    let (_site, github, gateway) = network().await;
    let session = json!({"login": "octocat", "approves": false});
    github.order(Method::PUT, "/session", session).await;
    let login = Login::begin(&gateway).await;
    let query = login.authorize(&github).await;
    assert!(query.starts_with("error=access_denied"), "{query}");
    let reply = callback(&gateway, &query, Some(login.cookie())).await;
    assert_eq!(reply.refusal(), (401, "bad_code".to_owned()));
}

#[tokio::test]
async fn another_gateway_with_the_same_key_goes_on_with_a_login() {
    let (site, github, gateway) = network().await;
    let login = Login::begin(&gateway).await;
    let query = login.authorize(&github).await;
    drop(gateway);
    let restarted = site.gateway(github.address).await;
    assert_eq!(callback(&restarted, &query, Some(login.cookie())).await.status, 200);
}

#[tokio::test]
async fn only_clients_and_operators_may_log_in() {
    let (site, _github, gateway) = network().await;
    for role in Role::ALL {
        let expected = if Role::SERVED_BY_GATEWAY.contains(&role) { 302 } else { 403 };
        let status = gateway.status_of(&site.pki.client(role), "/auth/login").await.unwrap();
        assert_eq!(status, expected, "{role}");
    }
    assert!(gateway.plain("/auth/login").await.refusal() == (404, "not_found".to_owned()));
}
