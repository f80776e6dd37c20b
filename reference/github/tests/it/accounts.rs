//! The tests' interface, and what outlives a restart.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{ADMIN_TOKEN, Bench};

#[tokio::test]
async fn the_interface_is_for_who_has_the_admin_token() {
    let bench = Bench::start().await;
    let url = bench.url("/_test/session");
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
    assert_eq!(status(bench.client.get(&url)).await, 401);
    assert_eq!(status(bench.client.get(&url).bearer_auth("wrong")).await, 401);
    let token = bench.token("octocat", "repo").await;
    assert_eq!(status(bench.client.get(&url).bearer_auth(token)).await, 401);
    assert_eq!(status(bench.client.get(&url).bearer_auth(ADMIN_TOKEN)).await, 200);
    let unknown = bench.client.get(bench.url("/_test/no/such")).bearer_auth(ADMIN_TOKEN);
    assert_eq!(status(unknown).await, 404);
}

#[tokio::test]
async fn accounts_are_made_and_odd_orders_refused() {
    let bench = Bench::start().await;
    let made = bench.create("/users", json!({"login": "mona", "name": "Mona"})).await;
    assert_eq!((&made["login"], &made["id"]), (&json!("mona"), &json!(3)));
    let token = bench.token("Mona", "").await;
    let user: Value = bench.api("/user", &token).await.json().await.unwrap();
    assert_eq!(user["name"], "Mona");

    for (path, body, status) in [
        ("/users", json!({"login": "MONA"}), 409),
        ("/users", json!({"login": "../x"}), 409),
        ("/users", json!({"name": "nameless"}), 422),
        ("/users", json!({"login": "x", "unknown": 1}), 422),
        ("/tokens", json!({"login": "nobody"}), 404),
        ("/codes", json!({"login": "nobody"}), 404),
        ("/repositories", json!({"owner": "nobody", "name": "x"}), 404),
        ("/repositories", json!({"owner": "mona", "name": "../x"}), 409),
        ("/repositories", json!({"owner": "octocat", "name": "git-repo"}), 409),
        (
            "/repositories",
            json!({"owner": "mona", "name": "x", "branches": {"main": {"../x": ""}}}),
            422,
        ),
        ("/repositories", json!({"owner": "mona", "name": "x", "branches": {}}), 422),
        ("/webhooks/77/redeliver", Value::Null, 404),
    ] {
        let (answered, reply) = bench.admin(Method::POST, path, body.clone()).await;
        assert_eq!(answered, status, "{path} {body}: {reply}");
        assert!(reply["message"].is_string(), "{reply}");
    }
    let (status, _) = bench.admin(Method::DELETE, "/repositories/mona/x", Value::Null).await;
    assert_eq!(status, 404, "what was refused was not made");
    let (status, _) =
        bench.admin(Method::PUT, "/session", json!({"login": "nobody", "approves": true})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn all_tokens_of_an_account_go_at_once() {
    let bench = Bench::start().await;
    let tokens = [bench.token("octocat", "").await, bench.token("octocat", "").await];
    let other = bench.token("hubot", "").await;
    let (_, reply) = bench.admin(Method::POST, "/tokens/revoke", json!({"login": "octocat"})).await;
    assert_eq!(reply, json!({"revoked": 2}));
    for token in &tokens {
        assert_eq!(bench.api("/user", token).await.status(), 401);
    }
    assert_eq!(bench.api("/user", &other).await.status(), 200);
}

#[tokio::test]
async fn accounts_tokens_and_repositories_outlive_a_restart() {
    let bench = Bench::start().await;
    bench.create("/users", json!({"login": "mona"})).await;
    bench.create("/repositories", json!({"owner": "mona", "name": "kept"})).await;
    let token = bench.token("mona", "repo").await;
    let bench = bench.restart().await;
    let list: Value = bench.api("/user/repos", &token).await.json().await.unwrap();
    assert_eq!(list[0]["full_name"], "mona/kept");
    let refs = bench.get("/mona/kept.git/info/refs?service=git-upload-pack").send().await.unwrap();
    assert_eq!(refs.status(), 200);
}
