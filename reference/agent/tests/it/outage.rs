//! Docker away, hanging and back again.

use std::time::{Duration, Instant};

use bollard::models::ContainerCreateBody;
use bollard::query_parameters::CreateContainerOptionsBuilder;
use persys_reference_base::signature::CallError;

use crate::agent::{TestAgent, order};
use crate::engine::{IMAGE, TestEngine};
use crate::until::until;

async fn is_unavailable_within(agent: &TestAgent, limit: Duration) {
    let before = Instant::now();
    let error = agent.list().await.unwrap_err();
    assert!(before.elapsed() < limit, "{:?}", before.elapsed());
    let CallError::Refused { status, code, message, .. } = error else { panic!("{error}") };
    assert_eq!((status, code.as_str()), (503, "docker_unavailable"));
    assert!(!message.contains('/'), "{message}");
    let before = Instant::now();
    let (status, health) = agent.health().await;
    assert!(before.elapsed() < limit, "{:?}", before.elapsed());
    assert_eq!(status, 503);
    assert_eq!(health["nodeId"], "test-node");
    assert_eq!(health["docker"], "docker does not answer");
    assert_eq!(health["code"], "docker_unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_docker_is_told_quickly_and_its_return_found() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    assert_eq!(agent.health().await.0, 200);
    engine.pause();
    is_unavailable_within(&agent, Duration::from_secs(3)).await;
    let refused = agent.order(&order("w-hang", "")).await.unwrap_err();
    assert_eq!(refused.status(), Some(503));
    engine.resume();
    until("health", async || agent.health().await.0, |status| *status == 200).await;
    assert!(agent.list().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_docker_is_told_at_once_and_its_return_found() {
    let mut engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    agent.order(&order("w-kept", "")).await.unwrap();
    let id = agent.entry("w-kept", "running").await.id;
    engine.kill();
    is_unavailable_within(&agent, Duration::from_secs(1)).await;
    engine.launch().await;
    let entry = agent.entry("w-kept", "exited").await;
    assert_eq!(entry.id, id);
    agent.act("start", "w-kept").await.unwrap();
    agent.entry("w-kept", "running").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_ready_when_docker_has_answered_and_remnants_are_gone() {
    let mut engine = TestEngine::start().await;
    // A former agent went away between a container's making and its start.
    let options = CreateContainerOptionsBuilder::default().name("w-remnant").build();
    let body = ContainerCreateBody {
        image: Some(IMAGE.to_owned()),
        labels: Some([("workloadId".to_owned(), "w-remnant".to_owned())].into()),
        ..Default::default()
    };
    engine.docker().create_container(Some(options), body).await.unwrap();
    engine.kill();

    let folder = tempfile::tempdir().unwrap();
    let notices = tokio::net::UnixDatagram::bind(folder.path().join("notify")).unwrap();
    let socket = folder.path().join("notify").display().to_string();
    let environment = [("CENTRAL_URL", "http://127.0.0.1:9"), ("NOTIFY_SOCKET", socket.as_str())];
    let agent = TestAgent::start_with(&engine, &environment).await;
    is_unavailable_within(&agent, Duration::from_secs(1)).await;
    let mut notice = [0; 256];
    assert!(notices.try_recv(&mut notice).is_err(), "ready before Docker has answered");

    engine.launch().await;
    let reading = tokio::time::timeout(Duration::from_secs(20), notices.recv(&mut notice));
    let length = reading.await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&notice[..length]).contains("READY=1"));
    assert!(agent.list().await.unwrap().is_empty());
}
