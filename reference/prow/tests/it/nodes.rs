//! Nodes come, fall silent and come back.

use std::sync::Arc;

use persys_contract::NodeStatus;
use serde_json::json;
use tokio::sync::Barrier;

use crate::{
    bench::{Bench, RECONCILE},
    process::free_port,
    wait::{throughout, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_shown_with_its_record_in_dns_and_no_secret() {
    let (bench, scheduler, _agent) = Bench::small().await;
    let node = bench.etcd.get("/nodes/agent1").await.unwrap();
    assert_eq!(node["domainName"], "agent1.persys.local");
    assert_eq!(node["status"], "active");
    assert!(!node.to_string().contains(crate::agent::SECRET));
    assert_eq!(
        bench.etcd.get("/skydns/local/persys/agent1").await,
        Some(json!({"host": "127.0.0.1", "ttl": 2}))
    );
    let first = node["lastHeartbeat"].clone();
    until("the heartbeat advances", async || {
        let nodes = scheduler.caller.get("/nodes").await.body;
        (nodes["nodes"][0]["lastHeartbeat"] != first).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workloads_of_a_silent_node_move_and_nothing_runs_twice_when_it_returns() {
    let (bench, scheduler, mut one) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    let pinned = scheduler.running(json!({"labels": {"node": "agent1"}})).await;
    let two = bench.agent("agent2", &[&scheduler]).await;
    one.vanish();
    scheduler.has_status(&id, "Unknown").await;
    scheduler.node_is("agent1", NodeStatus::Inactive).await;
    assert_eq!(bench.etcd.get("/skydns/local/persys/agent1").await, None);
    until("it runs on the other node", async || {
        let workload = scheduler.workload(&id).await;
        (workload["nodeId"] == "agent2" && workload["status"] == "Running").then_some(())
    })
    .await;
    assert_eq!(two.state_of(&id).as_deref(), Some("running"));
    assert_eq!(scheduler.workload(&pinned).await["nodeId"], "agent1", "no other node fits");
    let answer = scheduler.schedule(json!({"labels": {"node": "agent1"}})).await;
    assert_eq!(answer.code(), "no_suitable_node", "an inactive node gets no new work");

    one.return_().await;
    scheduler.node_is("agent1", NodeStatus::Active).await;
    until("the old container is removed", async || one.state_of(&id).is_none().then_some(())).await;
    scheduler.has_status(&pinned, "Running").await;
    assert_eq!(one.verbs(&pinned), ["run"], "what stayed is not started again");
    throughout(RECONCILE * 2, "it stays where it is", async || {
        two.state_of(&id).as_deref() == Some("running")
    })
    .await;
    until("its address is back", async || bench.etcd.get("/skydns/local/persys/agent1").await)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_deleted_while_its_node_is_away_goes_when_the_node_returns() {
    let (_bench, scheduler, mut agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    agent.vanish();
    scheduler.has_status(&id, "Unknown").await;
    assert_eq!(scheduler.caller.delete(&format!("/workloads/{id}")).await.status, 202);
    tokio::time::sleep(RECONCILE * 2).await;
    assert_eq!(scheduler.workload(&id).await["desiredState"], "Deleted");
    agent.return_().await;
    until("the container is removed", async || agent.state_of(&id).is_none().then_some(())).await;
    until("the record is gone", async || {
        (scheduler.caller.get(&format!("/workloads/{id}")).await.status == 404).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_answers_no_order_holds_up_none_of_another() {
    let bench = Bench::new().await;
    // Longer than anything here is waited for.
    let patient = [("REQUEST_TIMEOUT", "60")];
    let scheduler = bench.scheduler_with("prow1", free_port(), free_port(), patient);
    scheduler.leads().await;
    let frozen = bench.agent("agent1", &[&scheduler]).await;
    let other = bench.agent("agent2", &[&scheduler]).await;
    frozen.world().runs_hang = true;
    for _ in 0..40 {
        let answer = scheduler.schedule(json!({"labels": {"node": "agent1"}})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    until("the agent keeps orders", async || (frozen.world().orders.len() >= 8).then_some(()))
        .await;
    let id = scheduler.running(json!({"labels": {"node": "agent2"}})).await;
    other.set_state(&id, "exited", Some(1));
    until("it is started again", async || {
        (other.state_of(&id).as_deref() == Some("running")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strays_are_removed_together_and_before_logs_are_read() {
    let bench = Bench::new().await;
    let patient = [("REQUEST_TIMEOUT", "60")];
    let scheduler = bench.scheduler_with("prow1", free_port(), free_port(), patient);
    scheduler.leads().await;
    let agent = bench.agent("agent1", &[&scheduler]).await;
    scheduler.running(json!({})).await;
    let strays: Vec<String> = (0..4).map(|number| format!("stray-{number}")).collect();
    {
        let mut world = agent.world();
        world.logs_hang = true;
        world.removals_meet = Some(Arc::new(Barrier::new(strays.len())));
        for stray in &strays {
            world.make(stray, stray);
        }
    }
    until("they are removed", async || {
        strays.iter().all(|stray| agent.state_of(stray).is_none()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_that_cannot_be_moved_keeps_no_other_from_it() {
    let (bench, scheduler, mut one) = Bench::small().await;
    let mut ids = Vec::new();
    for id in ["10000000-0000-4000-8000-000000000000", "20000000-0000-4000-8000-000000000000"] {
        ids.push(scheduler.running(json!({"id": id})).await);
    }
    let two = bench.agent("agent2", &[&scheduler]).await;
    let history = format!("/scheduler/history/{}", ids[0]);
    bench.etcd.client().await.put(history, "no JSON", None).await.unwrap();
    one.vanish();
    until("the other one moves", async || two.state_of(&ids[1]).map(drop)).await;
}
