//! What is asked in the name of somebody who has logged in.

use serde_json::json;

use crate::gateway::{FakeGateway, stderr, stdout};

#[tokio::test]
async fn repositories_are_asked_for_with_the_token_that_was_kept() {
    let repos = json!({"repos": [
        {"full_name": "octocat/a", "private": true, "default_branch": "main", "clone_url": "https://h/a.git"},
        {"full_name": "octocat/bee", "private": false, "default_branch": "dev", "clone_url": "https://h/b.git"},
    ]});
    let gateway = FakeGateway::always(200, &repos.to_string()).await;
    let kept = gateway.folder.path().join("kept");
    std::fs::write(&kept, "the.token.x\n").unwrap();
    let arguments = ["github", "repos", "--token-file", kept.to_str().unwrap()];
    let output = gateway.run(&arguments).await;
    assert_eq!(
        stdout(&output),
        "REPOSITORY   PRIVATE  BRANCH  CLONE\n\
         octocat/a    yes      main    https://h/a.git\n\
         octocat/bee  no       dev     https://h/b.git\n",
        "{}",
        stderr(&output)
    );
    let asked = gateway.asked().pop().unwrap();
    assert_eq!(asked.line, "GET /github/list/repos");
    assert_eq!(asked.headers["authorization"], "Bearer the.token.x");
    let output = gateway.run(&[&arguments[..], &["-o", "json"]].concat()).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(stdout(&output)).unwrap(), repos);
}

#[tokio::test]
async fn without_a_login_it_is_2_and_nothing_is_asked() {
    let gateway = FakeGateway::always(200, "{}").await;
    let output = gateway.run(&["github", "repos"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("persys-cli login"), "{}", stderr(&output));
    assert!(gateway.asked().is_empty());
}
