//! Registration and heartbeats. Docker is away in most of these: it is not needed for them.

use std::net::TcpListener;

use persys_contract::NodeStatus;

use crate::agent::{NODE, TestAgent};
use crate::engine::TestEngine;
use crate::scheduler::TestScheduler;
use crate::until::until;

async fn agent_of(engine: &TestEngine, schedulers: &str) -> TestAgent {
    TestAgent::start_with(engine, &[("CENTRAL_URL", schedulers)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_registers_until_it_is_accepted_and_then_beats() {
    let engine = TestEngine::away();
    let (scheduler, address) = TestScheduler::start(2).await;
    let _agent = agent_of(&engine, &format!("http://{address}")).await;
    let node = until("registration", async || scheduler.nodes(), |n| !n.is_empty()).await.remove(0);
    assert_eq!(scheduler.refused(), 2);
    assert_eq!((node.node_id.as_str(), node.ip_address.as_str()), (NODE, "127.0.0.1"));
    assert_eq!(node.agent_port, 18080);
    assert_eq!(node.labels["disk"], "ssd");
    assert_eq!(node.container_engine.kind, "docker");
    assert!(node.total_cpu >= 1.0 && node.available_memory <= node.total_memory);
    assert!(!node.hostname.is_empty() && !node.kernel_version.is_empty());

    let beats = until("heartbeats", async || scheduler.heartbeats(), |b| b.len() >= 3).await;
    for beat in beats {
        assert_eq!((beat.node_id.as_str(), beat.status), (NODE, NodeStatus::Active));
        assert!(beat.available_memory > 0 && beat.available_cpu <= node.total_cpu);
    }
    assert_eq!(scheduler.nodes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_node_registers_again() {
    let engine = TestEngine::away();
    let (scheduler, address) = TestScheduler::start(0).await;
    let _agent = agent_of(&engine, &format!("http://{address}")).await;
    until("heartbeats", async || scheduler.heartbeats().len(), |beats| *beats >= 1).await;
    scheduler.forget();
    until("registrations", async || scheduler.nodes().len(), |nodes| *nodes == 2).await;
    let before = scheduler.heartbeats().len();
    until("heartbeats", async || scheduler.heartbeats().len(), |beats| *beats > before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_that_is_away_or_silent_is_passed_over() {
    let engine = TestEngine::away();
    let (scheduler, address) = TestScheduler::start(0).await;
    // Takes connections into its backlog and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().map(|address| (silent, address)).unwrap();
    let list = format!("http://127.0.0.1:9,http://{},http://{address}", silent.1);
    let _agent = agent_of(&engine, &list).await;
    until("registration", async || scheduler.nodes().len(), |nodes| *nodes == 1).await;
    until("heartbeats", async || scheduler.heartbeats().len(), |beats| *beats >= 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_s_version_is_told_as_soon_as_it_is_known() {
    let mut engine = TestEngine::away();
    let (scheduler, address) = TestScheduler::start(0).await;
    let _agent = agent_of(&engine, &format!("http://{address}")).await;
    let node = until("registration", async || scheduler.nodes(), |n| !n.is_empty()).await.remove(0);
    assert_eq!(node.container_engine.status, "unavailable");
    engine.launch().await;
    let nodes = until("version", async || scheduler.nodes(), |nodes| nodes.len() == 2).await;
    let told = &nodes[1].container_engine;
    assert_eq!(told.status, "running");
    assert_eq!(Some(&told.version), engine.docker().version().await.unwrap().version.as_ref());
}
