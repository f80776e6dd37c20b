//! What is not as it should be is made so.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    bench::{Bench, RECONCILE, Scheduler},
    wait::{throughout, until, within},
};

async fn stats(scheduler: &Scheduler) -> Value {
    scheduler.caller.get("/reconciliation/stats").await.body["stats"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_vanished_is_made_again_and_it_is_written_down() {
    let (bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    let before = stats(&scheduler).await;
    agent.world().containers.remove(&id);
    until("there is a container again", async || agent.state_of(&id)).await;
    let workload = until("it runs again", async || {
        let workload = scheduler.has_status(&id, "Running").await;
        (workload["metadata"]["lastReconciliationAction"] == "recreate").then_some(workload)
    })
    .await;
    assert_eq!(workload["metadata"]["lastReconciliationSuccess"], true);
    assert!(workload["metadata"]["lastReconciliation"].is_string());
    until("it is counted", async || {
        let now = stats(&scheduler).await;
        let more = now["actionsTaken"].as_u64() == before["actionsTaken"].as_u64().map(|n| n + 1);
        more.then_some(())
    })
    .await;
    let line = "persys_reconcile_actions_total{action=\"recreate\",result=\"success\"}";
    assert_eq!(scheduler.metric(line).await, Some(1.0));
    assert!(scheduler.metric("persys_reconcile_duration_seconds_count").await.unwrap() >= 1.0);
    let history = bench.etcd.statuses(&id).await;
    assert!(history.contains(&"Recreating".to_owned()), "{history:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_container_goes_on_and_a_stopped_one_is_started() {
    let (_bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    for (state, action) in [("paused", "unpause"), ("exited", "restart")] {
        agent.set_state(&id, state, Some(0));
        until("it runs again", async || {
            (agent.state_of(&id).as_deref() == Some("running")).then_some(())
        })
        .await;
        until("it is written down", async || {
            let workload = scheduler.workload(&id).await;
            let done = workload["metadata"]["lastReconciliationAction"] == action;
            (done && workload["status"] == "Running").then_some(())
        })
        .await;
    }
}

/// As after an engine that was killed while it started the container: a task of it is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_docker_cannot_start_any_more_is_made_again() {
    let (_bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    agent.world().cannot_start = true;
    agent.set_state(&id, "exited", Some(143));
    until("it runs again", async || {
        (agent.state_of(&id).as_deref() == Some("running")).then_some(())
    })
    .await;
    assert_eq!(agent.verbs(&id), ["run", "start", "remove", "run"]);
    scheduler.has_status(&id, "Running").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_that_keeps_failing_is_given_up_until_somebody_asks_again() {
    let (_bench, scheduler, agent) = Bench::small().await;
    agent.world().outcome = Some(("exited".to_owned(), Some(3)));
    let answer = scheduler.schedule(json!({})).await;
    let id = answer.body["workloadId"].as_str().unwrap().to_owned();
    // The pauses are 1, 2, 4 and 8 s.
    let workload = within(Duration::from_secs(30), "it is given up", async || {
        let workload = scheduler.workload(&id).await;
        (workload["status"] == "Failed").then_some(workload)
    })
    .await;
    let reason = workload["metadata"]["reason"].as_str().unwrap();
    assert!(reason.contains("5 restarts") && reason.contains("exited with code 3"), "{reason}");
    assert_eq!(workload["metadata"]["reconciliationRetryCount"], 5);
    let starts = || agent.verbs(&id).iter().filter(|verb| **verb == "start").count();
    assert_eq!(starts(), 5);
    throughout(RECONCILE * 4, "it stays given up", async || {
        starts() == 5 && scheduler.workload(&id).await["status"] == "Failed"
    })
    .await;

    agent.world().outcome = None;
    let path = format!("/workloads/{id}/desired-state");
    scheduler.caller.put(&path, json!({"desiredState": "Running"})).await;
    scheduler.has_status(&id, "Running").await;
    assert_eq!(starts(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_shot_workload_is_left_alone_when_it_is_done() {
    let (_bench, scheduler, agent) = Bench::small().await;
    agent.world().outcome = Some(("exited".to_owned(), Some(0)));
    let answer = scheduler.schedule(json!({"restartPolicy": "no"})).await;
    let id = answer.body["workloadId"].as_str().unwrap().to_owned();
    let workload = scheduler.has_status(&id, "Exited").await;
    assert_eq!(workload["logs"], "one line\n");
    throughout(RECONCILE * 4, "it is left alone", async || agent.verbs(&id) == ["run"]).await;
    assert_eq!(scheduler.workload(&id).await["status"], "Exited");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_had_is_tried_again_ever_more_rarely() {
    let (_bench, scheduler, agent) = Bench::small().await;
    agent.world().outcome = Some(("ImagePullBackOff".to_owned(), None));
    let answer = scheduler.schedule(json!({})).await;
    let id = answer.body["workloadId"].as_str().unwrap().to_owned();
    scheduler.has_status(&id, "ImagePullBackOff").await;
    let runs = || agent.verbs(&id).len();
    until("it is tried again", async || (runs() >= 3).then_some(())).await;
    throughout(Duration::from_millis(1500), "the next try is not due", async || runs() == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_docker_is_away_nothing_is_done_and_nothing_is_known() {
    let (_bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    agent.world().docker_away = true;
    let workload = scheduler.has_status(&id, "Unknown").await;
    assert_eq!(workload["metadata"]["reason"], "docker does not answer");
    let path = format!("/workloads/{id}/reconcile");
    let answer = scheduler.caller.post(&path, json!(null)).await;
    assert_eq!(answer.body["action"], "none", "{answer:?}");
    assert_eq!(answer.body["actualState"], "Unknown");
    tokio::time::sleep(RECONCILE * 4).await;
    agent.world().docker_away = false;
    scheduler.has_status(&id, "Running").await;
    assert_eq!(agent.verbs(&id), ["run"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_for_an_agent_without_docker_runs_once_docker_is_back() {
    let (_bench, scheduler, agent) = Bench::small().await;
    agent.world().docker_away = true;
    let answer = scheduler.schedule(json!({})).await;
    assert_eq!(answer.status, 200);
    let id = answer.body["workloadId"].as_str().unwrap().to_owned();
    tokio::time::sleep(RECONCILE * 2).await;
    agent.world().docker_away = false;
    scheduler.has_status(&id, "Running").await;
    assert_eq!(agent.verbs(&id), ["run"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_without_a_record_is_removed() {
    let (bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    // As it would be after somebody removed the record by hand.
    bench.etcd.client().await.delete(format!("/workloads/{id}"), None).await.unwrap();
    until("the container is removed", async || agent.state_of(&id).is_none().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_can_be_asked_for() {
    let (_bench, scheduler, _agent) = Bench::small().await;
    scheduler.running(json!({})).await;
    let answer = scheduler.caller.post("/reconciliation/trigger", json!(null)).await;
    let expected = json!({"totalWorkloads": 1, "processed": 1, "actionsTaken": 0, "successful": 0});
    assert_eq!(answer.body["results"], expected, "{answer:?}");
    let reply = scheduler.caller.get("/reconciliation/stats").await.body;
    assert_eq!(reply["stats"]["totalWorkloads"], 1);
    assert!(reply["timestamp"].is_string() && reply["stats"]["lastReconciliation"].is_string());
}
