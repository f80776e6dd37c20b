//! Workloads of several containers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    agent::Agent,
    bench::{Bench, RECONCILE, Scheduler},
    wait::{throughout, until},
};

const TOKEN: &str = "t0ken-t0ken";

fn compose() -> Value {
    json!({"name": "shop", "type": "docker-compose", "image": null, "compose": "c2VydmljZXM6IHt9",
           "envVars": {"KEY": "value"}})
}

fn git() -> Value {
    json!({"name": "repo", "type": "git-compose", "image": null, "gitRepo": "https://git/x",
           "gitBranch": "main", "gitToken": TOKEN, "envVars": {"KEY": "value"}})
}

fn set(agent: &Agent, id: &str, states: [(&str, Option<i64>); 2]) {
    for (service, (state, exit_code)) in ["db", "web"].into_iter().zip(states) {
        agent.set_state(&format!("{id}_{service}"), state, exit_code);
    }
}

async fn last_action(scheduler: &Scheduler, id: &str, action: &str) {
    until(&format!("{action} is written down"), async || {
        let workload = scheduler.has_status(id, "Running").await;
        (workload["metadata"]["lastReconciliationAction"] == action).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_type_is_ordered_in_its_own_way() {
    let (bench, scheduler, agent) = Bench::small().await;
    let sent = scheduler.running(compose()).await;
    let mut folder = compose();
    folder["compose"] = Value::Null;
    folder["localPath"] = json!("/srv/app");
    let local = scheduler.running(folder).await;
    let cloned = scheduler.running(git()).await;
    {
        let world = agent.world();
        let [first, second] = &world.projects[..] else { panic!("{:?}", world.projects) };
        assert_eq!((first.workload_id.as_str(), first.display_name.as_str()), (&*sent, "shop"));
        assert_eq!(first.compose.as_deref(), Some("c2VydmljZXM6IHt9"));
        assert_eq!((second.compose_dir.as_deref(), &second.compose), (Some("/srv/app"), &None));
        let [clone] = &world.clones[..] else { panic!("{:?}", world.clones) };
        assert_eq!(
            (clone.repo_url.as_str(), clone.branch.as_deref()),
            ("https://git/x", Some("main"))
        );
        assert_eq!(clone.auth_token.as_deref(), Some(TOKEN));
        for variables in [&first.env_variables, &second.env_variables, &clone.env_variables] {
            assert_eq!(*variables, [("KEY".to_owned(), "value".to_owned())].into());
        }
        assert!(first.background && clone.background && world.runs.is_empty());
    }
    for (id, verb) in [(&sent, "compose"), (&local, "compose"), (&cloned, "clone")] {
        assert_eq!(agent.verbs(id), [verb]);
    }
    let statuses = bench.etcd.statuses(&cloned).await;
    assert_eq!(statuses, ["Pending", "Scheduled", "Pulling", "Running"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_told_to_the_agent_alone_and_goes_with_the_workload() {
    let (bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(git()).await;
    let shown = scheduler.workload(&id).await.to_string()
        + &scheduler.caller.get("/workloads").await.body.to_string();
    assert!(!shown.contains(TOKEN));
    // It is needed again should the node be lost.
    let key = format!("/workloads/{id}");
    assert!(bench.etcd.get(&key).await.unwrap().to_string().contains(TOKEN));
    agent.world().docker_away = true;
    scheduler.caller.delete(&key).await;
    until("it is forgotten", async || {
        let record = bench.etcd.get(&key).await?;
        (!record.to_string().contains(TOKEN)).then_some(())
    })
    .await;
    agent.world().docker_away = false;
    until("it is gone", async || bench.etcd.get(&key).await.is_none().then_some(())).await;
    assert!(agent.world().containers.is_empty());
    assert!(!scheduler.log_text().contains(TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_runs_when_all_of_it_runs() {
    let (_bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(compose()).await;
    set(&agent, &id, [("running", None), ("exited", Some(0))]);
    last_action(&scheduler, &id, "restart").await;
    set(&agent, &id, [("paused", None), ("running", None)]);
    last_action(&scheduler, &id, "unpause").await;
    // It is made whole, not made anew: to remove it is to remove its data.
    set(&agent, &id, [("running", None), ("Missing", None)]);
    last_action(&scheduler, &id, "recreate").await;
    agent.world().containers.clear();
    until("all of it is there again", async || (agent.world().containers.len() == 2).then_some(()))
        .await;
    scheduler.has_status(&id, "Running").await;
    let verbs = agent.verbs(&id);
    assert_eq!(verbs, ["compose", "start", "start", "compose", "compose"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_not_to_run_is_stopped_as_a_whole() {
    let (_bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(compose()).await;
    set(&agent, &id, [("exited", Some(1)), ("running", None)]);
    let path = format!("/workloads/{id}/desired-state");
    let answer = scheduler.caller.put(&path, json!({"desiredState": "Stopped"})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    scheduler.has_status(&id, "Stopped").await;
    assert!(agent.world().containers.values().all(|entry| entry.status == "exited"));
    throughout(RECONCILE * 3, "it stays stopped", async || {
        agent.world().containers.values().all(|entry| entry.status == "exited")
    })
    .await;
    let answer = scheduler.caller.delete(&format!("/workloads/{id}")).await;
    assert_eq!(answer.status, 202);
    until("nothing is left", async || agent.world().containers.is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_cannot_be_run_has_failed_with_the_agent_s_reason() {
    let (_bench, scheduler, agent) = Bench::small().await;
    agent.world().outcome = Some(("Failed".to_owned(), None));
    let answer = scheduler.schedule(git()).await;
    let id = answer.body["workloadId"].as_str().unwrap().to_owned();
    scheduler.has_status(&id, "Failed").await;
    // It is tried again, ever more seldom.
    until("it is tried again", async || (agent.world().clones.len() >= 2).then_some(())).await;
    assert!(agent.verbs(&id).iter().all(|verb| *verb == "clone"), "{:?}", agent.verbs(&id));
    agent.world().outcome = None;
    agent.world().containers.clear();
    crate::wait::within(Duration::from_secs(15), "it runs", async || {
        (scheduler.workload(&id).await["status"] == "Running").then_some(())
    })
    .await;
}
