//! GitHub is away, or is not itself.

use std::net::SocketAddr;

use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{
    Canned, GitHubSite, Login, Page, Pki, Reply, TestGateway, TestGitHub, callback, log_in,
};

const UNREACHABLE: &str = "github_unreachable";

/// Comes back with a code that GitHub was never asked for.
async fn come_back(gateway: &TestGateway) -> Reply {
    let login = Login::begin(gateway).await;
    callback(gateway, &format!("code=x&state={}", login.state()), Some(login.cookie())).await
}

#[tokio::test]
async fn away_it_is_502_in_time_and_everything_else_goes_on() {
    let site = GitHubSite::create();
    let github = TestGitHub::start(&site).await;
    let gateway = site.gateway(github.address).await;
    let token = log_in(&gateway, &github).await;
    let address = github.address;
    github.stop().await;

    let bearer = format!("Bearer {token}");
    let list = async || gateway.call_with("/github/list/repos", ("authorization", &bearer)).await;
    assert_eq!(come_back(&gateway).await.refusal(), (502, UNREACHABLE.to_owned()));
    assert_eq!(list().await.refusal(), (502, UNREACHABLE.to_owned()));
    assert_eq!(gateway.get("/health").await.status, 200);
    let counted = gateway.metric("persys_auth_rejections_total").await;
    assert_eq!(counted, None, "that GitHub is away is nobody's fault");

    // The kernel takes the connection, and nobody ever says a word.
    let _silent = TcpListener::bind(address).await.unwrap();
    for reply in [come_back(&gateway).await, list().await] {
        assert_eq!(reply.refusal(), (502, UNREACHABLE.to_owned()));
        assert!(reply.took.as_secs_f64() < 3.0, "{:?}", reply.took);
    }
}

#[tokio::test]
async fn back_it_serves_again_without_a_restart_of_the_gateway() {
    let site = GitHubSite::create();
    let nobody = {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        listener.local_addr().unwrap()
    };
    let gateway = site.gateway(nobody).await;
    assert_eq!(come_back(&gateway).await.status, 502);
    let github = TestGitHub::start_at(&site, nobody).await;
    assert!(!log_in(&gateway, &github).await.is_empty());
}

#[tokio::test]
async fn a_code_s_answer_that_makes_no_sense_is_502() {
    let site = GitHubSite::create();
    for page in [
        Page::Text(200, "<html>".to_owned()),
        Page::Text(200, "access_token=gho_x&token_type=bearer".to_owned()),
        Page::Text(200, "{}".to_owned()),
        Page::Text(404, "{}".to_owned()),
        Page::Text(500, r#"{"error":"bad_verification_code"}"#.to_owned()),
        Page::json(&json!({"error": "incorrect_client_credentials"})),
        Page::Endless,
        Page::Silence,
    ] {
        let canned = Canned::start(&site, {
            let page = page.clone();
            move |_| page.clone()
        })
        .await;
        let gateway = site.gateway(canned.address).await;
        let reply = come_back(&gateway).await;
        assert_eq!(reply.refusal(), (502, UNREACHABLE.to_owned()), "{page:?}");
        assert!(!reply.text().contains("gho_"), "{}", reply.text());
        assert!(reply.took.as_secs_f64() < 3.0, "{:?}", reply.took);
        assert_eq!(canned.asked().len(), 1, "{page:?}");
    }
}

#[tokio::test]
async fn an_account_that_makes_no_sense_is_502() {
    let site = GitHubSite::create();
    for page in [
        Page::Text(200, "null".to_owned()),
        Page::json(&json!({"id": "one", "login": "octocat"})),
        Page::json(&json!({"login": "octocat"})),
        // A token that GitHub has just made.
        Page::Text(401, r#"{"message":"Bad credentials"}"#.to_owned()),
        Page::Text(503, String::new()),
        Page::Silence,
    ] {
        let shown = page.clone();
        let canned = Canned::start(&site, move |path| match path {
            "/login/oauth/access_token" => Page::token(),
            _ => shown.clone(),
        })
        .await;
        let gateway = site.gateway(canned.address).await;
        let reply = come_back(&gateway).await;
        assert_eq!(reply.refusal(), (502, UNREACHABLE.to_owned()), "{page:?}");
    }
}

#[tokio::test]
async fn what_the_flow_needs_is_sent_to_github_and_no_redirect_is_followed() {
    let site = GitHubSite::create();
    let canned = Canned::start(&site, |_| Page::Text(307, String::new())).await;
    let gateway = site.gateway(canned.address).await;
    let login = Login::begin(&gateway).await;
    let query = format!("code=a%2Bb&state={}", login.state());
    callback(&gateway, &query, Some(login.cookie())).await;
    let asked = canned.asked();
    let [(line, headers, body)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(line, "POST /login/oauth/access_token");
    assert_eq!(headers["accept"], "application/json");
    let sent: std::collections::HashMap<_, _> =
        url::form_urlencoded::parse(body).into_owned().collect();
    assert_eq!(sent["client_id"], "the-app");
    assert_eq!(sent["client_secret"], "the-client-secret");
    assert_eq!(sent["code"], "a+b");
    assert_eq!(sent["redirect_uri"], crate::support::CALLBACK);
    assert_eq!(sent["code_verifier"].len(), 43);
}

#[tokio::test]
async fn a_github_of_another_authority_is_told_nothing() {
    let site = GitHubSite::create();
    let foreign = GitHubSite::create();
    let canned = Canned::start(&foreign, |_| Page::token()).await;
    let gateway = site.gateway(canned.address).await;
    assert_eq!(come_back(&gateway).await.refusal(), (502, UNREACHABLE.to_owned()));
    assert!(canned.asked().is_empty());

    // Unless it is the one that GITHUB_CA names.
    let canned = Canned::start(&foreign, |path| match path {
        "/login/oauth/access_token" => Page::token(),
        _ => Page::user(),
    })
    .await;
    let ca = Pki::folder(&foreign.pki).join("ca.crt");
    let ca = format!("--github-ca={}", ca.display());
    let gateway = site.gateway_with(canned.address, &[&ca]).await;
    assert_eq!(come_back(&gateway).await.status, 200);
}
