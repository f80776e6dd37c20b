//! `POST /compose/clone`: a project from a Git repository, and the token that opens it.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use persys_contract::ComposeClone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::agent::TestAgent;
use crate::compose_order::{TWO, kept, possessions, variables};
use crate::engine::{IMAGE, TestEngine};
use crate::git_host::GitHost;
use crate::until::until;

const TOKEN: &str = "gho_0123456789abcdefTHETOKEN";

fn clone(workload_id: &str, url: &str) -> ComposeClone {
    ComposeClone {
        workload_id: workload_id.to_owned(),
        display_name: format!("{workload_id}-name"),
        repo_url: url.to_owned(),
        ..ComposeClone::default()
    }
}

fn with_token(workload_id: &str, url: &str, token: &str) -> ComposeClone {
    ComposeClone { auth_token: Some(token.to_owned()), ..clone(workload_id, url) }
}

async fn agent_of(engine: &TestEngine, host: &GitHost) -> TestAgent {
    let ca = host.ca();
    let environment = [("CENTRAL_URL", "http://127.0.0.1:9"), ("GIT_CA", ca.as_str())];
    let agent = TestAgent::start_with(engine, &environment).await;
    agent.line("ready").await;
    agent
}

/// All forms in which a token may show.
fn forms(token: &str) -> [String; 3] {
    let pair = format!("x-access-token:{token}");
    [token.to_owned(), STANDARD.encode(&pair), STANDARD.encode(token)]
}

fn shows(text: &str, token: &str) -> bool {
    forms(token).iter().any(|form| text.contains(form))
}

/// The files below a folder that contain the token.
fn files_that_show(folder: &Path, token: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_that_show(&path, token));
        } else if shows(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()), token) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The command lines on this machine, each argument a line.
fn command_lines() -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let read = |entry: std::fs::DirEntry| std::fs::read(entry.path().join("cmdline")).ok();
    processes
        .filter_map(read)
        .map(|line| String::from_utf8_lossy(&line).replace('\0', "\n"))
        .filter(|line| !line.is_empty())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_repository_s_project_is_run_and_the_token_is_nowhere() {
    let engine = TestEngine::start().await;
    let host = GitHost::start().await;
    let agent = agent_of(&engine, &host).await;
    let token = host.token().await;
    let files = [
        ("compose.yaml", TWO),
        ("compose.override.yml", "services: {web: {volumes: ['.:/source']}}"),
    ];
    host.repository("two", &files).await;
    let ordered = ComposeClone {
        env_variables: variables(&[("GREETING", "a good day")]),
        ..with_token("w-git", &host.url("two"), &token)
    };
    assert_eq!(agent.clone(&ordered).await.unwrap().result, "started");
    let entries = agent.all("w-git", 2, "running").await;
    assert_eq!(entries[1].labels["displayName"], "w-git-name");
    let look = async || agent.logs("w-git").await.unwrap();
    until("web has spoken", look, |logs| logs.contains("web_1  | web says a good day\n")).await;

    let mut looked = 0;
    for entry in &entries {
        let found = engine.inspect(&entry.id).await;
        assert!(!shows(&serde_json::to_string(&found).unwrap(), &token));
        // The clone itself is there, as a container sees it.
        let mounts = found.mounts.unwrap_or_default();
        for source in mounts.iter().filter(|mount| mount.destination.as_deref() == Some("/source"))
        {
            let folder = Path::new(source.source.as_ref().unwrap());
            let config = std::fs::read_to_string(folder.join(".git/config")).unwrap();
            assert!(config.contains(&host.url("two")) && !shows(&config, &token), "{config}");
            looked += 1;
        }
    }
    assert_eq!(looked, 1);
    assert_eq!(files_that_show(agent.state(), &token), Vec::<String>::new());
    for line in agent.lines() {
        assert!(!shows(&line.to_string(), &token), "{line}");
    }
    assert!(!shows(&format!("{:?}", agent.list().await.unwrap()), &token));

    assert_eq!(agent.clone(&ordered).await.unwrap().result, "exists");
    agent.delete("w-git").await.unwrap();
    assert_eq!(possessions(&engine, "w-git").await, (0, 0, 0));
    assert_eq!(kept(agent.state()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_is_chosen_and_an_open_repository_needs_no_token() {
    let engine = TestEngine::start().await;
    let host = GitHost::start().await;
    let agent = agent_of(&engine, &host).await;
    let images = [("WEB_IMAGE", IMAGE), ("WORKER_IMAGE", IMAGE)];
    for (id, branch) in [("w-main", None), ("w-feature", Some("feature".to_owned()))] {
        let expected = format!("BRANCH={}", branch.as_deref().unwrap_or("main"));
        let env_variables = variables(&images);
        let ordered =
            ComposeClone { branch, env_variables, ..clone(id, &host.url("git-repo.git")) };
        agent.clone(&ordered).await.unwrap();
        let web = &agent.all(id, 2, "running").await[0];
        let env = engine.inspect(&web.id).await.config.unwrap().env.unwrap();
        assert!(env.contains(&expected), "{env:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_cloned_has_failed_with_a_reason_that_tells_no_secret() {
    let engine = TestEngine::start().await;
    let host = GitHost::start().await;
    let agent = agent_of(&engine, &host).await;
    let no_branch = ComposeClone {
        branch: Some("no-such".to_owned()),
        ..clone("w-branch", &host.url("git-repo.git"))
    };
    host.repository("plain", &[("README.md", "no project\n")]).await;
    let good = host.token().await;
    let closed = host.url("git-repo-private.git");
    for (ordered, reason) in [
        (no_branch, "Remote branch no-such not found"),
        (clone("w-closed", &closed), "closed to all without a token"),
        (with_token("w-token", &closed, TOKEN), "the token is refused"),
        (with_token("w-absent", &host.url("no-such.git"), &good), "not found"),
        (with_token("w-plain", &host.url("plain"), &good), "no docker-compose.yml"),
        (with_token("w-away", "http://127.0.0.1:9/x", TOKEN), "127.0.0.1"),
    ] {
        let error = agent.clone(&ordered).await.unwrap_err();
        assert_eq!(error.status(), Some(500));
        let failed = agent.entry(&ordered.workload_id, "Failed").await.reason.unwrap();
        assert_eq!(failed, error.message());
        assert!(failed.contains(reason), "{failed}");
        let state = agent.state().to_str().unwrap();
        assert!(!shows(&failed, TOKEN) && !failed.contains(state), "{failed}");
    }
    assert_eq!(kept(agent.state()), 0);

    // A host whose authority the node does not trust.
    let plain = TestAgent::start(&engine).await;
    let error = plain.clone(&clone("w-trust", &host.url("git-repo.git"))).await.unwrap_err();
    assert!(error.message().contains("certificate"), "{error}");
    for line in agent.lines() {
        assert!(!shows(&line.to_string(), TOKEN), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_clones_the_token_is_in_no_command_line_and_a_removal_ends_it() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://me:p%40ss@{}/slow.git", listener.local_addr().unwrap());
    let ordered = ComposeClone { background: true, ..with_token("w-slow", &url, TOKEN) };
    assert_eq!(agent.clone(&ordered).await.unwrap().result, "queued");

    // A host that takes the request and does not answer.
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 4096];
    let length = connection.read(&mut request).await.unwrap();
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let header = format!("Authorization: Basic {}", STANDARD.encode(format!("me:{TOKEN}")));
    assert!(request.contains(&header), "{request}");
    assert_eq!(agent.entry("w-slow", "Pulling").await.id, "w-slow");

    let lines = command_lines();
    let cloning: Vec<_> = lines.iter().filter(|line| line.contains("/slow.git")).collect();
    assert!(!cloning.is_empty(), "{lines:?}");
    for line in &lines {
        assert!(!shows(line, TOKEN) && !line.contains(&STANDARD.encode(format!("me:{TOKEN}"))));
        assert!(!line.contains("p%40ss") && !line.contains("p@ss"), "{line}");
    }
    assert_eq!(files_that_show(agent.state(), TOKEN), Vec::<String>::new());

    let before = Instant::now();
    agent.delete("w-slow").await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(4), "{:?}", before.elapsed());
    assert!(agent.entries("w-slow").await.is_empty());
    assert_eq!(kept(agent.state()), 0);
    let look = async || command_lines().iter().any(|line| line.contains("/slow.git"));
    until("git has ended", look, |still| !still).await;
    for line in agent.lines() {
        assert!(!shows(&line.to_string(), TOKEN), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_not_follow_a_redirection() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let named = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = format!("http://{}/x.git", other.local_addr().unwrap());
    let url = format!("http://{}/x.git", named.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = named.accept().await {
            let mut request = vec![0; 4096];
            let _ = connection.read(&mut request).await;
            let answer = format!(
                "HTTP/1.1 302 Found\r\nLocation: {elsewhere}/info/refs?service=git-upload-pack\r\n\
                 Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    let error = agent.clone(&with_token("w-moved", &url, TOKEN)).await.unwrap_err();
    assert!(error.message().contains("302"), "{error}");
    let followed = tokio::time::timeout(Duration::from_millis(200), other.accept()).await;
    assert!(followed.is_err(), "the other host was asked");
}
