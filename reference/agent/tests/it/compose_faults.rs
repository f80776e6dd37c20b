//! Projects that cannot be run: each has failed with a reason, and leaves nothing behind.

use std::net::TcpListener;
use std::os::unix::fs::symlink;

use persys_contract::{ComposeClone, ComposeRun};
use persys_reference_base::signature::CallError;

use crate::agent::{TestAgent, client, order};
use crate::compose_order::{TWO, awaited, kept, possessions, project, variables};
use crate::engine::TestEngine;

/// Everything that is wrong with an order, by what its reason must contain.
async fn fails(agent: &TestAgent, ordered: &ComposeRun, reason: &str) {
    let error = agent.compose(ordered).await.unwrap_err();
    assert_eq!(error.status(), Some(500), "{error}");
    assert!(error.message().contains(reason), "{error}");
    let state = agent.state().display().to_string();
    assert!(!error.message().contains(&state), "{error}");
    let failed = agent.entry(&ordered.workload_id, "Failed").await;
    assert_eq!(failed.reason.unwrap(), error.message());
    assert_eq!(failed.labels["displayName"], ordered.display_name);
    assert_eq!(kept(agent.state()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_is_told_in_the_program_s_words() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    fails(&agent, &awaited("w-yaml", "services: ["), "docker-compose.yml").await;
    fails(&agent, &awaited("w-none", "services: {}\n"), "services").await;
    let port = "services: {web: {image: a, ports: ['x']}}";
    fails(&agent, &awaited("w-port", port), "web.ports").await;
    let unset = "services: {web: {image: '${IMAGE:?is needed}'}}";
    fails(&agent, &awaited("w-unset", unset), "is needed").await;
    fails(&agent, &awaited("w-old", "web: {image: a}\n"), "no \"services\"").await;
    let path = ComposeRun { env_variables: variables(&[("PATH", "/x")]), ..awaited("w-env", TWO) };
    fails(&agent, &path, "PATH cannot be given").await;
    let folder = tempfile::tempdir().unwrap();
    let dir = |path: String| ComposeRun {
        compose_dir: Some(path),
        compose: None,
        ..awaited("w-dir", "")
    };
    fails(&agent, &dir(folder.path().join("x").display().to_string()), "no such folder").await;
    fails(&agent, &dir(folder.path().display().to_string()), "no docker-compose.yml").await;
    assert_eq!(engine.count().await, 0);
    assert_eq!(agent.delete("w-yaml").await.unwrap().result, "removed");
    assert!(agent.entries("w-yaml").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_docker_refuses_to_start_fails_the_whole_project() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let file = r#"
services:
  first: {image: "persys-test/box:1", volumes: ["kept:/kept"]}
  second: {image: "persys-test/box:1", ports: ["18097:80"], depends_on: [first]}
volumes: {kept: {}}
"#;
    agent.compose(&awaited("w-holder", file)).await.unwrap();
    agent.all("w-holder", 2, "running").await;
    fails_beside(&agent, &awaited("w-taken", file), "18097").await;
    // The volume may bear data of an earlier life.
    assert_eq!(possessions(&engine, "w-taken").await, (0, 0, 1));
    agent.delete("w-holder").await.unwrap();
    assert_eq!(agent.compose(&awaited("w-taken", file)).await.unwrap().result, "started");
    agent.all("w-taken", 2, "running").await;
    agent.delete("w-taken").await.unwrap();
    assert_eq!(possessions(&engine, "w-taken").await, (0, 0, 0));
}

async fn fails_beside(agent: &TestAgent, ordered: &ComposeRun, reason: &str) {
    let error = agent.compose(ordered).await.unwrap_err();
    assert!(error.message().contains(reason), "{error}");
    let told = error.message().matches(reason).count();
    assert_eq!(told, 1, "{error}");
    agent.entry(&ordered.workload_id, "Failed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_is_pulled_first_and_told() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let image = "127.0.0.1:5000/persys-test/missing:1";
    let file = format!("services: {{a: {{image: 'persys-test/box:1'}}, b: {{image: '{image}'}}}}");
    let error = agent.compose(&awaited("w-image", &file)).await.unwrap_err();
    assert!(error.message().contains("127.0.0.1:5000"), "{error}");
    let entry = agent.entry("w-image", "ImagePullBackOff").await;
    assert!(entry.reason.unwrap().contains("127.0.0.1:5000"));
    assert_eq!(possessions(&engine, "w-image").await, (0, 0, 0));

    // A registry that accepts and says nothing: the project is shown as being pulled.
    let silent = engine.in_network(|| TcpListener::bind("127.0.0.1:5000")).unwrap();
    agent.compose(&project("w-image", &file)).await.unwrap();
    agent.entry("w-image", "Pulling").await;
    agent.delete("w-image").await.unwrap();
    assert!(agent.entries("w-image").await.is_empty());
    assert_eq!(kept(agent.state()), 0);
    drop(silent);

    engine.import(image).await;
    assert_eq!(agent.compose(&awaited("w-image", &file)).await.unwrap().result, "started");
    agent.all("w-image", 2, "running").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_used_is_refused_and_nothing_is_done() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let refused = |error: CallError, field: &str| {
        assert_eq!(error.status(), Some(400), "{error}");
        assert!(error.message().starts_with(field), "{error}");
    };
    let odd = ComposeRun { compose: Some("%".into()), ..project("w-odd", "") };
    refused(agent.compose(&odd).await.unwrap_err(), "compose: ");
    let none = ComposeRun { compose: None, ..project("w-odd", "") };
    refused(agent.compose(&none).await.unwrap_err(), "composeDir: ");
    refused(agent.compose(&project("../odd", TWO)).await.unwrap_err(), "workloadId: ");
    let url = ComposeClone {
        workload_id: "w-odd".into(),
        repo_url: "file:///etc".into(),
        auth_token: Some("t0ken".into()),
        ..ComposeClone::default()
    };
    refused(agent.clone(&url).await.unwrap_err(), "repoUrl: ");
    let caller = client(crate::agent::SECRET);
    for path in ["/compose/run", "/compose/clone"] {
        let error = caller.post(&agent.base(), path, &["no order"]).await.unwrap_err();
        assert_eq!(error.status(), Some(400));
    }
    assert!(agent.list().await.unwrap().is_empty());
    assert_eq!(agent.stop_project("w-odd").await.unwrap_err().status(), Some(404));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_the_programs_says_so_and_runs_the_rest() {
    let engine = TestEngine::start().await;
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().display().to_string();
    let environment = [("CENTRAL_URL", "http://127.0.0.1:9"), ("PATH", path.as_str())];
    let agent = TestAgent::start_with(&engine, &environment).await;
    agent.line("ready").await;
    fails(&agent, &awaited("w-none", TWO), "docker-compose is not installed on this node").await;
    let clone = ComposeClone {
        workload_id: "w-clone".into(),
        repo_url: "http://127.0.0.1:9/x".into(),
        ..ComposeClone::default()
    };
    let error = agent.clone(&clone).await.unwrap_err();
    assert_eq!(error.message(), "git is not installed on this node");
    agent.order(&order("w-single", "")).await.unwrap();
    agent.entry("w-single", "running").await;

    // One that is installed later is found.
    symlink("/usr/bin/docker-compose", empty.path().join("docker-compose")).unwrap();
    assert_eq!(agent.compose(&awaited("w-none", TWO)).await.unwrap().result, "started");
    agent.all("w-none", 2, "running").await;
}
