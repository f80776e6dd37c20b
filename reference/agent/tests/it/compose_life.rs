//! Projects when the agent or Docker goes and comes back.

use std::net::TcpListener;

use nix::sys::signal::Signal;
use persys_contract::ContainerEntry;

use crate::agent::TestAgent;
use crate::compose_order::{TWO, awaited, kept, possessions, project};
use crate::engine::TestEngine;
use crate::until::until;

async fn agent_in(engine: &TestEngine, state: &str) -> TestAgent {
    let environment = [("CENTRAL_URL", "http://127.0.0.1:9"), ("STATE_DIR", state)];
    let agent = TestAgent::start_with(engine, &environment).await;
    agent.line("ready").await;
    agent
}

async fn killed(mut agent: TestAgent) {
    agent.signal(Signal::SIGKILL);
    agent.exit_code().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_outlive_the_agent_and_what_is_left_of_others_goes() {
    let engine = TestEngine::start().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let agent = agent_in(&engine, state).await;
    agent.compose(&awaited("w-kept", TWO)).await.unwrap();
    agent.compose(&awaited("w-gone", TWO)).await.unwrap();
    let before = agent.all("w-kept", 2, "running").await;
    // One that is being pulled when the agent goes.
    let silent = engine.in_network(|| TcpListener::bind("127.0.0.1:5000")).unwrap();
    let slow = "services: {a: {image: '127.0.0.1:5000/persys-test/slow:1'}}";
    agent.compose(&project("w-slow", slow)).await.unwrap();
    agent.entry("w-slow", "Pulling").await;
    let gone = agent.all("w-gone", 2, "running").await;
    assert_eq!(kept(folder.path()), 3);
    killed(agent).await;
    drop(silent);
    for entry in &gone {
        let force = bollard::query_parameters::RemoveContainerOptionsBuilder::default().force(true);
        engine.docker().remove_container(&entry.id, Some(force.build())).await.unwrap();
    }

    let agent = agent_in(&engine, state).await;
    assert_eq!(agent.all("w-kept", 2, "running").await, before);
    assert_eq!(agent.list().await.unwrap().len(), 2);
    assert_eq!(kept(folder.path()), 1);
    assert_eq!(agent.compose(&awaited("w-kept", TWO)).await.unwrap().result, "exists");
    // Its containers and files are gone, its network and volume are not.
    agent.delete("w-gone").await.unwrap();
    assert_eq!(possessions(&engine, "w-gone").await, (0, 0, 0));
    agent.delete("w-kept").await.unwrap();
    assert_eq!(possessions(&engine, "w-kept").await, (0, 0, 0));
    assert_eq!(kept(folder.path()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_half_done_when_the_agent_went_is_completed_when_asked() {
    let engine = TestEngine::start().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    for round in 0..2 {
        let id = format!("w-half-{round}");
        let agent = agent_in(&engine, state).await;
        agent.compose(&project(&id, TWO)).await.unwrap();
        let look = async || engine.count().await;
        until("something is made", look, |count| *count > round).await;
        if round % 2 == 0 {
            killed(agent).await;
        } else {
            let mut agent = agent;
            agent.signal(Signal::SIGTERM);
            assert_eq!(agent.exit_code().await, Some(0));
        }
        let agent = agent_in(&engine, state).await;
        let entries = agent.entries(&id).await;
        let half = |entry: &ContainerEntry| {
            ["running", "Missing", "created"].contains(&entry.status.as_str())
        };
        assert!(entries.iter().all(half), "{entries:?}");
        agent.compose(&awaited(&id, TWO)).await.unwrap();
        agent.all(&id, 2, "running").await;
        assert_eq!(possessions(&engine, &id).await, (2, 1, 1));
        agent.delete(&id).await.unwrap();
        agent
            .compose(&awaited(
                &format!("w-rest-{round}"),
                "services: {a: {image: 'persys-test/box:1'}}",
            ))
            .await
            .unwrap();
        killed(agent).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_found_again_when_docker_returns() {
    let mut engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    agent.compose(&awaited("w-back", TWO)).await.unwrap();
    engine.kill();
    let refused = agent.compose(&project("w-none", TWO)).await.unwrap_err();
    assert_eq!(refused.status(), Some(503));
    engine.launch().await;
    let look = async || agent.list().await.map(|list| list.len()).unwrap_or_default();
    until("docker is back", look, |count| *count == 2).await;
    agent.all("w-back", 2, "exited").await;
    agent.act("start", "w-back").await.unwrap();
    agent.all("w-back", 2, "running").await;
}
