//! Real `git` against the real `git http-backend`.

use std::{fs, path::PathBuf, process::Output, time::Duration};

use serde_json::json;
use tokio::{process::Command, time::timeout};

use crate::bench::Bench;

/// Runs Git as a user would who trusts the run's authority and cannot be asked.
async fn git(bench: &Bench, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(bench.folder())
        .env("GIT_SSL_CAINFO", bench.ca())
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_ASKPASS", "true")
        .env("LC_ALL", "C")
        .kill_on_drop(true);
    timeout(Duration::from_secs(60), command.output()).await.expect("git hangs").unwrap()
}

async fn good(bench: &Bench, arguments: &[&str]) -> String {
    let output = git(bench, arguments).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn refused(bench: &Bench, arguments: &[&str]) -> String {
    let output = git(bench, arguments).await;
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn file(bench: &Bench, path: &str) -> String {
    fs::read_to_string(bench.folder().join(path)).unwrap()
}

fn with_user(bench: &Bench, user: &str, password: &str, path: &str) -> String {
    format!("https://{user}:{password}@{}{path}", bench.address)
}

#[tokio::test]
async fn a_public_repository_is_cloned_by_anyone() {
    let bench = Bench::start().await;
    let url = bench.url("/octocat/git-repo.git");
    good(&bench, &["clone", &url, "main"]).await;
    assert!(file(&bench, "main/docker-compose.yml").contains("BRANCH: main"));
    let without_suffix = bench.url("/Octocat/git-repo");
    good(&bench, &["clone", "--depth=1", "--branch=feature", &without_suffix, "feature"]).await;
    assert!(file(&bench, "feature/docker-compose.yml").contains("BRANCH: feature"));
    assert_eq!(good(&bench, &["-C", "feature", "rev-list", "--count", "HEAD"]).await, "1\n");
    let error = refused(&bench, &["clone", "--branch=no-such", &url, "none"]).await;
    assert!(error.contains("Remote branch no-such not found"), "{error}");
}

#[tokio::test]
async fn each_version_of_the_protocol_is_spoken() {
    let bench = Bench::start().await;
    let url = bench.url("/octocat/git-repo.git");
    let mut listed = Vec::new();
    for version in ["0", "1", "2"] {
        let setting = format!("protocol.version={version}");
        listed.push(good(&bench, &["-c", &setting, "ls-remote", "--heads", &url]).await);
    }
    assert!(listed[0].contains("refs/heads/feature") && listed[0].contains("refs/heads/main"));
    assert!(listed.iter().all(|list| *list == listed[0]), "{listed:?}");
    let request = bench.get("/octocat/git-repo.git/info/refs?service=git-upload-pack");
    let response = request.header("git-protocol", "version=2").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-git-upload-pack-advertisement");
    assert!(response.text().await.unwrap().contains("version 2"));
}

#[tokio::test]
async fn a_private_repository_needs_its_owner_s_token() {
    let bench = Bench::start().await;
    let path = "/octocat/git-repo-private.git";
    let wide = bench.token("octocat", "repo").await;
    let url = with_user(&bench, "octocat", &wide, path);
    good(&bench, &["clone", "--branch=feature", &url, "private"]).await;
    assert!(file(&bench, "private/docker-compose.yml").contains("BRANCH: feature"));
    let url = with_user(&bench, "x-access-token", &wide, path);
    good(&bench, &["ls-remote", &url]).await;

    let error = refused(&bench, &["clone", &bench.url(path), "none"]).await;
    assert!(error.contains("Authentication failed"), "{error}");
    let error = refused(&bench, &["clone", &with_user(&bench, "octocat", "x", path), "none"]).await;
    assert!(error.contains("Authentication failed"), "{error}");
    let narrow = bench.token("octocat", "public_repo").await;
    let other = bench.token("hubot", "repo").await;
    for token in [narrow, other] {
        let url = with_user(&bench, "octocat", &token, path);
        let error = refused(&bench, &["clone", &url, "none"]).await;
        assert!(error.contains("not found"), "{error}");
    }
    bench.admin(reqwest::Method::POST, "/tokens/revoke", json!({"token": wide})).await;
    let error = refused(&bench, &["-C", "private", "fetch"]).await;
    assert!(error.contains("Authentication failed"), "{error}");
}

#[tokio::test]
async fn refusals_are_told_as_github_tells_them() {
    let bench = Bench::start().await;
    let token = bench.token("octocat", "repo").await;
    let refs = |repository: &str, service: &str| {
        bench.get(&format!("/octocat/{repository}/info/refs?service={service}"))
    };
    for repository in ["git-repo-private.git", "no-such.git"] {
        let response = refs(repository, "git-upload-pack").send().await.unwrap();
        assert_eq!(response.status(), 401, "{repository}");
        assert_eq!(response.headers()["www-authenticate"], "Basic realm=\"GitHub\"");
        assert_eq!(response.text().await.unwrap(), "Repository not found.");
    }
    let request = refs("no-such.git", "git-upload-pack").basic_auth("x", Some(&token));
    assert_eq!(request.send().await.unwrap().status(), 404);
    let request = refs("git-repo.git", "git-upload-pack").basic_auth("octocat", Some("x"));
    assert_eq!(request.send().await.unwrap().status(), 401, "a bad token is never ignored");
    let dumb = bench.get("/octocat/git-repo.git/info/refs").send().await.unwrap();
    assert_eq!(dumb.status(), 403);
    for path in ["/octocat/git-repo.git/HEAD", "/octocat/git-repo.git/config"] {
        assert_eq!(bench.get(path).send().await.unwrap().status(), 404, "{path}");
    }
    let below = "/octocat/..%2f..%2fstate.json/info/refs?service=git-upload-pack";
    assert_eq!(bench.get(below).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn nobody_pushes() {
    let bench = Bench::start().await;
    let token = bench.token("octocat", "repo").await;
    let url = bench.url("/octocat/git-repo.git");
    good(&bench, &["clone", &url, "work"]).await;
    let error = refused(&bench, &["-C", "work", "push", &url, "main:other"]).await;
    assert!(error.contains("Authentication failed"), "{error}");
    let url = with_user(&bench, "octocat", &token, "/octocat/git-repo.git");
    let error = refused(&bench, &["-C", "work", "push", &url, "main:other"]).await;
    assert!(error.contains("403"), "{error}");
    let direct = bench.client.post(bench.url("/octocat/git-repo.git/git-receive-pack"));
    let response = direct.bearer_auth(&token).body("0000").send().await.unwrap();
    assert_eq!(response.status(), 403);
    let sentence = response.text().await.unwrap();
    assert_eq!(sentence, "Permission to octocat/git-repo.git denied to octocat.");
}

#[tokio::test]
async fn a_repository_is_made_cloned_and_removed() {
    let bench = Bench::start().await;
    // Hard to compress, so that the pack is as large as the file.
    let large: String = (0..60_000).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    let branches = json!({
        "trunk": {"docs/large.txt": large, ".gitignore": "target\n"},
        "topic/one": {"only.txt": "one"},
    });
    let made = json!({
        "owner": "hubot", "name": "Made", "private": true,
        "defaultBranch": "trunk", "branches": branches,
    });
    // The tests' interface takes 1 MiB; the rest is made by the seed's way.
    let (status, _) = bench.admin(reqwest::Method::POST, "/repositories", made.clone()).await;
    assert_eq!(status, 400, "the body is too large");
    let mut smaller = made;
    smaller["branches"]["trunk"]["docs/large.txt"] = json!(large[..900_000]);
    bench.create("/repositories", smaller).await;

    let token = bench.token("hubot", "repo").await;
    let url = with_user(&bench, "hubot", &token, "/hubot/made.git");
    let clones: Vec<_> = (0..6).map(|number| format!("clone-{number}")).collect();
    let all = clones.iter().map(|name| {
        let url = url.clone();
        let bench = &bench;
        async move { good(bench, &["clone", &url, name]).await }
    });
    futures::future::join_all(all).await;
    for name in &clones {
        assert_eq!(file(&bench, &format!("{name}/docs/large.txt")), large[..900_000]);
    }
    let branch = good(&bench, &["-C", "clone-0", "branch", "--show-current"]).await;
    assert_eq!(branch, "trunk\n");
    good(&bench, &["-C", "clone-0", "checkout", "topic/one"]).await;
    assert!(!PathBuf::from(bench.folder()).join("clone-0/docs").exists());

    let (status, _) = bench
        .admin(reqwest::Method::DELETE, "/repositories/hubot/made", serde_json::Value::Null)
        .await;
    assert_eq!(status, 204);
    let error = refused(&bench, &["clone", &url, "none"]).await;
    assert!(error.contains("not found"), "{error}");
}

/// A body that is packed and one that comes in chunks, as Git sends long lists of commits.
#[tokio::test]
async fn long_requests_are_understood() {
    let bench = Bench::start().await;
    good(&bench, &["clone", &bench.url("/octocat/git-repo.git"), "work"]).await;
    let tree = good(&bench, &["-C", "work", "rev-parse", "HEAD^{tree}"]).await;
    // A history that the server does not know makes the client list what it has.
    let mut script = String::new();
    for number in 0..3_000 {
        script.push_str(&format!(
            "commit refs/heads/long\ncommitter A <a@b> {number} +0000\ndata 1\nx\n"
        ));
        script.push_str(&format!("M 040000 {} \"\"\n\n", tree.trim()));
    }
    let script_file = bench.folder().join("script");
    fs::write(&script_file, script).unwrap();
    let import = Command::new("git")
        .args(["-C", "work", "fast-import", "--quiet"])
        .current_dir(bench.folder())
        .stdin(fs::File::open(&script_file).unwrap())
        .status();
    assert!(timeout(Duration::from_secs(60), import).await.unwrap().unwrap().success());
    for (number, (version, buffer)) in
        [("0", "66000"), ("0", "1048576"), ("2", "1048576")].into_iter().enumerate()
    {
        let text = format!("history {number}");
        let branches = json!({"main": {"other.txt": text}});
        let name = format!("other-{number}");
        let made = json!({"owner": "octocat", "name": name, "branches": branches});
        bench.create("/repositories", made).await;
        let url = bench.url(&format!("/octocat/{name}.git"));
        let version = format!("protocol.version={version}");
        let buffer = format!("http.postBuffer={buffer}");
        good(&bench, &["-C", "work", "-c", &version, "-c", &buffer, "fetch", &url, "main"]).await;
        let fetched = good(&bench, &["-C", "work", "show", "FETCH_HEAD:other.txt"]).await;
        assert_eq!(fetched, text);
    }
}
