//! The user's repositories, and the tokens that open the list.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use persys_gateway::session::JwtKey;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Canned, GitHubSite, Page, Reply, TestGateway, TestGitHub, callback, log_in};

async fn list(gateway: &TestGateway, token: &str) -> Reply {
    gateway.call_with("/github/list/repos", ("authorization", &format!("Bearer {token}"))).await
}

fn is_bad_token(reply: &Reply) -> bool {
    let challenged = reply.headers.get("www-authenticate").is_some_and(|value| value == "Bearer");
    challenged && reply.refusal() == (401, "bad_token".to_owned())
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_lists_its_user_s_repositories_even_after_a_restart() {
    let site = GitHubSite::create();
    let github = TestGitHub::start(&site).await;
    let gateway = site.gateway(github.address).await;
    let token = log_in(&gateway, &github).await;
    let reply = list(&gateway, &token).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let repos = reply.json()["repos"].clone();
    let names: Vec<_> = repos.as_array().unwrap().iter().map(|one| &one["full_name"]).collect();
    assert_eq!(names, ["octocat/git-repo", "octocat/git-repo-private"]);
    assert_eq!((&repos[0]["private"], &repos[1]["private"]), (&json!(false), &json!(true)));
    assert_eq!(repos[0]["default_branch"], "main");
    assert!(repos[0]["clone_url"].as_str().unwrap().ends_with("/octocat/git-repo.git"));

    let session = json!({"login": "hubot", "approves": true});
    github.order(Method::PUT, "/session", session).await;
    let other = log_in(&gateway, &github).await;
    assert_eq!(list(&gateway, &other).await.json(), json!({"repos": []}));

    drop(gateway);
    let restarted = site.gateway(github.address).await;
    assert_eq!(list(&restarted, &token).await.json()["repos"], repos);
}

#[tokio::test]
async fn a_token_that_is_absent_old_foreign_or_unsigned_opens_nothing() {
    let site = GitHubSite::create();
    let github = TestGitHub::start(&site).await;
    let gateway = site.gateway(github.address).await;
    let token = log_in(&gateway, &github).await;
    let good = claims(&token);
    assert_eq!(good["exp"].as_u64().unwrap() - good["iat"].as_u64().unwrap(), 3600);

    let key = std::fs::read_to_string(site.pki.folder().join("jwt-key")).unwrap();
    let key = JwtKey::new(key.trim_end().as_bytes());
    let mut old = good.clone();
    old["exp"] = json!(good["iat"].as_u64().unwrap());
    old["iat"] = json!(good["iat"].as_u64().unwrap() - 3600);
    let unsigned = |alg: &str| {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": alg, "typ": "JWT"}).to_string());
        format!("{header}.{}.", URL_SAFE_NO_PAD.encode(good.to_string()))
    };
    let signature = token.rsplit('.').next().unwrap();
    let mut widened = good.clone();
    widened["exp"] = json!(u32::MAX);
    let widened = URL_SAFE_NO_PAD.encode(widened.to_string());
    let header = token.split('.').next().unwrap();
    let bad = [
        String::new(),
        "x".to_owned(),
        key.sign(&old).unwrap(),
        JwtKey::new(b"another key of at least thirty-two bytes").sign(&good).unwrap(),
        unsigned("none"),
        format!("{}{signature}", unsigned("none")),
        unsigned("HS256"),
        format!("{header}.{widened}.{signature}"),
        // Rightly signed, and of no login.
        key.sign(&json!({"sub": "1", "login": "octocat", "exp": u32::MAX})).unwrap(),
    ];
    for token in &bad {
        let reply = list(&gateway, token).await;
        assert!(is_bad_token(&reply), "{token}: {} {}", reply.status, reply.text());
    }
    assert!(is_bad_token(&gateway.get("/github/list/repos").await));
    let basic = format!("Basic {token}");
    let reply = gateway.call_with("/github/list/repos", ("authorization", &basic)).await;
    assert!(is_bad_token(&reply));
    // The key and the claims are good; what was refused was what was spoilt.
    assert_eq!(list(&gateway, &key.sign(&good).unwrap()).await.status, 200);

    let name = r#"persys_auth_rejections_total{reason="bad_token""#;
    assert_eq!(gateway.metric(name).await, Some((bad.len() + 2).to_string()));

    // A login that was revoked at GitHub is none.
    github.order(Method::POST, "/tokens/revoke", json!({"login": "octocat"})).await;
    assert!(is_bad_token(&list(&gateway, &token).await));
}

fn repository(number: u32) -> Value {
    let name = format!("r{number}");
    json!({
        "id": number, "name": name, "full_name": format!("octocat/{name}"), "private": false,
        "description": null, "html_url": "https://h/x", "clone_url": "https://h/x.git",
        "default_branch": "main", "temp_clone_token": "a-secret", "size": 1,
    })
}

/// Logs in at a canned GitHub whose list of repositories is `answer`'s.
async fn list_of(
    site: &GitHubSite,
    answer: impl Fn(&str) -> Page + Send + Sync + 'static,
) -> (Reply, Canned) {
    let canned = Canned::start(site, move |path| match path {
        "/login/oauth/access_token" => Page::token(),
        "/api/v3/user" => Page::user(),
        other => answer(other),
    })
    .await;
    let gateway = site.gateway(canned.address).await;
    let login = crate::support::Login::begin(&gateway).await;
    let query = format!("code=x&state={}", login.state());
    let reply = callback(&gateway, &query, Some(login.cookie())).await;
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    (list(&gateway, &token).await, canned)
}

#[tokio::test]
async fn every_page_is_read_and_only_what_callers_need_is_shown() {
    let site = GitHubSite::create();
    let (reply, canned) = list_of(&site, |path| {
        let page = |numbers: [u32; 2]| json!(numbers.map(repository)).to_string();
        match path {
            "/api/v3/user/repos?per_page=100" => {
                Page::Linked(page([1, 2]), "/api/v3/user/repos?per_page=100&page=2".to_owned())
            }
            "/api/v3/user/repos?per_page=100&page=2" => {
                Page::Linked(page([3, 4]), "/api/v3/other/list?page=3".to_owned())
            }
            "/api/v3/other/list?page=3" => Page::json(&json!([repository(5)])),
            _ => Page::Text(404, String::new()),
        }
    })
    .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let repos = reply.json()["repos"].clone();
    let ids: Vec<_> = repos.as_array().unwrap().iter().map(|one| one["id"].as_u64()).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5].map(Some));
    assert!(!reply.text().contains("a-secret"), "{}", reply.text());
    let asked = canned.asked();
    let (line, headers, _) = &asked[2];
    assert_eq!(line, "GET /api/v3/user/repos?per_page=100");
    assert_eq!(headers["authorization"], "Bearer gho_canned");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("persys-gateway/"));
}

#[tokio::test]
async fn links_that_lead_elsewhere_or_nowhere_are_not_followed() {
    let site = GitHubSite::create();
    let elsewhere = Canned::start(&site, |_| Page::json(&json!([]))).await;
    let foreign = format!("https://{}/api/v3/user/repos", elsewhere.address);
    let plain = "http://127.0.0.1:1/api/v3/user/repos".to_owned();
    for link in [foreign, plain, "https://".to_owned()] {
        let (reply, _) = list_of(&site, move |_| Page::Linked("[]".to_owned(), link.clone())).await;
        assert_eq!(reply.refusal(), (502, "github_unreachable".to_owned()));
    }
    assert!(elsewhere.asked().is_empty());

    let around = || Page::Linked("[]".to_owned(), "/api/v3/user/repos".to_owned());
    let (reply, canned) = list_of(&site, move |_| around()).await;
    assert_eq!(reply.refusal(), (502, "github_unreachable".to_owned()));
    assert!(canned.asked().len() <= 202, "{}", canned.asked().len());
}

#[tokio::test]
async fn a_list_that_makes_no_sense_is_502() {
    let site = GitHubSite::create();
    for page in [
        Page::Text(200, "<html>".to_owned()),
        Page::Text(200, r#"{"message":"hello"}"#.to_owned()),
        Page::Text(200, r#"[{"id":"one"}]"#.to_owned()),
        Page::Text(200, String::new()),
        Page::Text(302, "[]".to_owned()),
        Page::Text(403, r#"{"message":"API rate limit exceeded"}"#.to_owned()),
        Page::Text(500, "[]".to_owned()),
        Page::Endless,
        Page::Silence,
    ] {
        let (reply, _) = list_of(&site, {
            let page = page.clone();
            move |_| page.clone()
        })
        .await;
        assert_eq!(reply.refusal(), (502, "github_unreachable".to_owned()), "{page:?}");
        assert!(reply.took.as_secs_f64() < 3.0, "{:?}", reply.took);
    }
}
