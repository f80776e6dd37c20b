//! Two schedulers, one of which leads.

use std::time::Duration;

use serde_json::json;

use crate::{
    bench::{Bench, Scheduler},
    wait::{until, within},
};

async fn leading(scheduler: &Scheduler) -> bool {
    scheduler.metric("persys_is_leader").await == Some(1.0)
}

/// Two schedulers, the leader first.
async fn pair(bench: &Bench) -> (Scheduler, Scheduler) {
    let one = bench.scheduler("prow1").await;
    let two = bench.scheduler("prow2").await;
    until("one of them leads", async || (leading(&one).await != leading(&two).await).then_some(()))
        .await;
    if leading(&one).await { (one, two) } else { (two, one) }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_serve_and_when_the_leader_dies_the_other_leads() {
    let bench = Bench::new().await;
    let (mut leader, other) = pair(&bench).await;
    let agent = bench.agent("agent1", &[&leader, &other]).await;
    let one = leader.running(json!({})).await;
    let two = other.running(json!({})).await;
    assert_eq!(leader.workload(&two).await, other.workload(&two).await);
    let schedulers = other.caller.get("/cluster/metrics").await.body["schedulers"].clone();
    let leads = schedulers.as_array().unwrap().iter().filter(|s| s["leader"] == true).count();
    assert_eq!((schedulers.as_array().unwrap().len(), leads), (2, 1), "{schedulers}");

    leader.process.kill();
    within(Duration::from_secs(10), "the other leads", async || {
        leading(&other).await.then_some(())
    })
    .await;
    // It goes on with what there is, and starts nothing again.
    agent.set_state(&one, "exited", Some(1));
    until("the container is restarted", async || {
        (agent.state_of(&one).as_deref() == Some("running")).then_some(())
    })
    .await;
    assert_eq!(agent.verbs(&one), ["run", "start"]);
    assert_eq!(agent.verbs(&two), ["run"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_stops_hands_over_at_once_and_one_that_was_suspended_leads_no_more() {
    let bench = Bench::new().await;
    let (leader, other) = pair(&bench).await;
    leader.process.signal("STOP");
    until("the other leads", async || leading(&other).await.then_some(())).await;
    leader.process.signal("CONT");
    until("the former leader knows", async || (!leading(&leader).await).then_some(())).await;
    assert!(leading(&other).await);

    other.process.signal("TERM");
    within(Duration::from_secs(4), "the former leader leads again", async || {
        leading(&leader).await.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_several_schedulers_at_once_is_done_once() {
    let bench = Bench::new().await;
    let (leader, other) = pair(&bench).await;
    let agent = bench.agent("agent1", &[&leader, &other]).await;
    let id = other.running(json!({})).await;
    agent.world().containers.remove(&id);
    let path = format!("/workloads/{id}/reconcile");
    let calls = [&leader, &other, &leader, &other].map(|s| s.caller.post(&path, json!(null)));
    let answers = futures::future::join_all(calls).await;
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["workloadId"], id);
        assert_eq!(answer.body["success"], true, "{answer:?}");
    }
    until("it runs again", async || {
        (agent.state_of(&id).as_deref() == Some("running")).then_some(())
    })
    .await;
    assert_eq!(agent.verbs(&id).iter().filter(|verb| **verb == "run").count(), 2);
}
