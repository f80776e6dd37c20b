//! The API's answers, refusals and headers.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::bench::Bench;

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
}

async fn names(response: Response) -> Vec<String> {
    let list: Vec<Value> = response.json().await.unwrap();
    list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_account_is_shown_as_github_shows_it() {
    let bench = Bench::start().await;
    let token = bench.token("octocat", "user repo").await;
    let response = bench.api("/user", &token).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/json; charset=utf-8");
    assert_eq!(header(&response, "x-oauth-scopes"), "repo, user");
    assert_eq!(header(&response, "x-ratelimit-limit"), "5000");
    assert_eq!(header(&response, "x-ratelimit-remaining"), "4999");
    assert_eq!(header(&response, "x-ratelimit-used"), "1");
    assert_eq!(header(&response, "x-ratelimit-resource"), "core");
    assert!(header(&response, "x-ratelimit-reset").parse::<u64>().unwrap() > 1_700_000_000);
    assert!(header(&response, "x-github-request-id").contains(':'));
    let user: Value = response.json().await.unwrap();
    assert_eq!(user["login"], "octocat");
    assert_eq!(user["name"], "Mona Octocat");
    assert_eq!(user["email"], "octocat@github.example");
    assert_eq!(user["type"], "User");
    assert_eq!(user["total_private_repos"], 1);
    assert_eq!(user["url"], bench.url("/api/v3/users/octocat"));

    let narrow = bench.token("hubot", "").await;
    let user: Value = bench.api("/user", &narrow).await.json().await.unwrap();
    assert_eq!(user["email"], Value::Null, "the address is private");
    assert_eq!(user.get("plan"), None);
}

#[tokio::test]
async fn tokens_go_in_each_scheme_and_bad_ones_are_refused() {
    let bench = Bench::start().await;
    let token = bench.token("octocat", "").await;
    let with = async |value: &str| {
        let request = bench.get("/api/v3/user").header("authorization", value);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.unwrap()["message"].clone())
    };
    assert_eq!(with(&format!("Bearer {token}")).await.0, 200);
    assert_eq!(with(&format!("token {token}")).await.0, 200);
    let basic = bench.get("/api/v3/user").basic_auth("octocat", Some(&token));
    assert_eq!(basic.send().await.unwrap().status(), 200);

    let old = bench.create("/tokens", json!({"login": "octocat", "expiresIn": 0})).await;
    let old = format!("Bearer {}", old["token"].as_str().unwrap());
    for bad in [&old, "Bearer gho_unknown", "Bearer", "", "Digest x", &token] {
        assert_eq!(with(bad).await, (401, json!("Bad credentials")), "{bad}");
    }
    let (status, reply) =
        bench.admin(Method::POST, "/tokens/revoke", json!({"token": token})).await;
    assert_eq!((status, reply), (200, json!({"revoked": 1})));
    let response = bench.api("/user", &token).await;
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["message"], "Bad credentials");
    assert_eq!(body["documentation_url"], "https://docs.github.com/rest");

    let response = bench.get("/api/v3/user").send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(header(&response, "x-ratelimit-limit"), "60");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["message"], "Requires authentication");
}

#[tokio::test]
async fn who_does_not_name_itself_or_asks_for_nothing_known_is_refused() {
    let bench = Bench::start().await;
    let token = bench.token("octocat", "").await;
    let nameless = bench.client.get(bench.url("/api/v3/user")).bearer_auth(&token);
    let response = nameless.send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert!(response.text().await.unwrap().contains("User-Agent"));

    let response = bench.api("/no/such/thing", &token).await;
    assert_eq!(response.status(), 404);
    assert_eq!(response.json::<Value>().await.unwrap()["message"], "Not Found");
    let response = bench.get("/no/such/page").send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
    let post = bench.client.post(bench.url("/api/v3/user")).bearer_auth(&token);
    let response = post.header("user-agent", "persys-test").send().await.unwrap();
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn addresses_need_their_scope() {
    let bench = Bench::start().await;
    let wide = bench.token("octocat", "user:email").await;
    let emails: Vec<Value> = bench.api("/user/emails", &wide).await.json().await.unwrap();
    assert_eq!(emails.len(), 2);
    assert_eq!(
        emails[0],
        json!({
            "email": "octocat@github.example",
            "primary": true,
            "verified": true,
            "visibility": "public",
        })
    );
    let narrow = bench.token("octocat", "read:user").await;
    let response = bench.api("/user/emails", &narrow).await;
    assert_eq!(response.status(), 404);
    assert_eq!(header(&response, "x-accepted-oauth-scopes"), "user, user:email");
}

#[tokio::test]
async fn repositories_come_in_pages_that_link_to_each_other() {
    let bench = Bench::start().await;
    for name in ["a", "b", "c"] {
        let made = bench
            .create("/repositories", json!({"owner": "octocat", "name": name, "private": false}))
            .await;
        assert_eq!(made["full_name"], format!("octocat/{name}"));
    }
    let token = bench.token("octocat", "repo").await;
    let page = |number: u32| bench.url(&format!("/api/v3/user/repos?per_page=2&page={number}"));
    let response = bench.api("/user/repos?per_page=2", &token).await;
    let expected = format!("<{}>; rel=\"next\", <{}>; rel=\"last\"", page(2), page(3));
    assert_eq!(header(&response, "link"), expected);
    assert_eq!(names(response).await, ["a", "b"]);
    let response = bench.api("/user/repos?per_page=2&page=3", &token).await;
    let expected = format!("<{}>; rel=\"prev\", <{}>; rel=\"first\"", page(2), page(1));
    assert_eq!(header(&response, "link"), expected);
    assert_eq!(names(response).await, ["git-repo-private"]);
    let response = bench.api("/user/repos", &token).await;
    assert!(!response.headers().contains_key("link"));
    let list: Vec<Value> = response.json().await.unwrap();
    assert_eq!(list.len(), 5);
    let seeded = list.iter().find(|one| one["name"] == "git-repo").unwrap();
    assert_eq!(seeded["clone_url"], bench.url("/octocat/git-repo.git"));
    assert_eq!(seeded["default_branch"], "main");
    assert_eq!(seeded["owner"]["login"], "octocat");
    assert_eq!(seeded["visibility"], "public");
}

#[tokio::test]
async fn private_repositories_are_shown_to_who_may_see_them() {
    let bench = Bench::start().await;
    let wide = bench.token("octocat", "repo").await;
    let narrow = bench.token("octocat", "public_repo").await;
    let other = bench.token("hubot", "repo").await;
    for (path, token, expected) in [
        ("/user/repos", &wide, &["git-repo", "git-repo-private"][..]),
        ("/user/repos?direction=desc", &wide, &["git-repo-private", "git-repo"]),
        ("/user/repos?sort=created", &wide, &["git-repo-private", "git-repo"]),
        ("/user/repos?visibility=private", &wide, &["git-repo-private"]),
        ("/user/repos?visibility=public", &wide, &["git-repo"]),
        ("/user/repos", &narrow, &["git-repo"]),
        ("/user/repos?visibility=private", &narrow, &[]),
        ("/user/repos", &other, &[]),
    ] {
        assert_eq!(names(bench.api(path, token).await).await, expected, "{path}");
    }
    assert_eq!(bench.api("/user/repos?sort=stars", &wide).await.status(), 422);
}

#[tokio::test]
async fn an_account_s_requests_are_limited() {
    let bench = Bench::start_with(&[("RATE_LIMIT", "2")]).await;
    let token = bench.token("octocat", "").await;
    let second = bench.token("octocat", "").await;
    assert_eq!(bench.api("/user", &token).await.status(), 200);
    assert_eq!(bench.api("/user", &second).await.status(), 200);
    let response = bench.api("/user", &token).await;
    assert_eq!(response.status(), 403);
    assert_eq!(header(&response, "x-ratelimit-remaining"), "0");
    let message = response.json::<Value>().await.unwrap()["message"].clone();
    assert_eq!(message, "API rate limit exceeded for user ID 1.");
    let other = bench.token("hubot", "").await;
    assert_eq!(bench.api("/user", &other).await.status(), 200);
}
