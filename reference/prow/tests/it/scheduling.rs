//! Scheduling, listing and deleting workloads.

use std::time::Duration;

use etcd_client::PutOptions;
use serde_json::json;

use crate::{bench::Bench, wait::until};

const ID: &str = "8c1f2f0e-7f5e-4b7e-9d52-9f6a5b1d2c3e";

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_is_stored_before_the_agent_is_told_and_runs() {
    let (bench, scheduler, agent) = Bench::small().await;
    let answer = scheduler
        .schedule(json!({
            "id": ID, "command": "httpd -f", "ports": ["8080:80"], "volumes": ["/a:/b:ro"],
            "envVars": {"A": "b"}, "network": "bridge", "restartPolicy": "always",
            "gitToken": "t0ken-t0ken",
        }))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["workloadId"], ID);
    assert_eq!(answer.body["node_id"], "agent1");
    assert!(answer.took < Duration::from_secs(1), "{:?}", answer.took);
    assert_eq!(answer.headers["x-service-name"], "prow-scheduler");
    assert_eq!(answer.headers["x-request-id"], "it-1");

    let workload = scheduler.has_status(ID, "Running").await;
    assert_eq!(workload["nodeId"], "agent1");
    assert_eq!(workload["desiredState"], "Running");
    until("the logs are there", async || {
        let workload = scheduler.workload(ID).await;
        (workload["logs"] == "one line\n").then_some(())
    })
    .await;

    let statuses = bench.etcd.statuses(ID).await;
    assert_eq!(statuses, ["Pending", "Scheduled", "ContainerCreating", "Running"]);
    let order = agent.world().orders[0].clone();
    assert_eq!((order.verb, order.recorded), ("run", true));
    assert_eq!(order.request_id, "it-1", "the caller's id goes along to the agent");
    let run = agent.world().runs[0].clone();
    assert_eq!((run.name.as_str(), run.display_name.as_str()), (ID, "web"));
    assert_eq!(run.command.as_deref(), Some("httpd -f"));
    assert_eq!((run.ports, run.volumes), (vec!["8080:80".into()], vec!["/a:/b:ro".into()]));
    assert_eq!(run.env, [("A".to_owned(), "b".to_owned())].into());
    assert!(run.background);
    assert_eq!(agent.verbs(ID), ["run"], "told once");

    let shown = scheduler.workload(ID).await.to_string()
        + &scheduler.caller.get("/workloads").await.body.to_string()
        + &scheduler.log_text();
    assert!(!shown.contains("t0ken"), "the token is never shown");
    assert!(scheduler.log_text().lines().any(|l| l.contains("\"requestId\":\"it-1\"")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_given_out_once() {
    let (bench, scheduler, _agent) = Bench::small().await;
    let calls = (0..8).map(|_| scheduler.schedule(json!({"id": ID})));
    let answers = futures::future::join_all(calls).await;
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    let duplicate = answers.iter().filter(|a| a.status == 409 && a.code() == "duplicate_id");
    assert_eq!((good, duplicate.count()), (1, 7), "{answers:?}");
    assert_eq!(bench.etcd.keys("/workloads/").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_and_resources_decide_where_a_workload_goes() {
    let (bench, scheduler, _one) = Bench::small().await;
    let _two = bench.agent("agent2", &[&scheduler]).await;
    for node in ["agent1", "agent2"] {
        let answer = scheduler.schedule(json!({"labels": {"node": node}})).await;
        assert_eq!(answer.body["node_id"], node, "{answer:?}");
    }
    let answer = scheduler.schedule(json!({"labels": {"node": "agent3"}})).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (503, "no_suitable_node"));
    // Each node has room for one of these, whoever asks at the same time.
    let large = json!({"resources": {"cpu": 3.0, "memory": 1024}});
    let calls = (0..4).map(|_| scheduler.schedule(large.clone()));
    let answers = futures::future::join_all(calls).await;
    let mut nodes: Vec<_> =
        answers.iter().filter_map(|answer| answer.body["node_id"].as_str()).collect();
    nodes.sort_unstable();
    assert_eq!(nodes, ["agent1", "agent2"], "{answers:?}");
    let refused = answers.iter().filter(|answer| answer.code() == "no_suitable_node");
    assert_eq!(refused.count(), 2);
    assert_eq!(bench.etcd.keys("/workloads/").await.len(), 4);
}

/// Who takes a share of a node's resources must not overtake another; that is no
/// reason to have each wait for all before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_stored_in_few_transactions_and_gives_nothing_away_twice() {
    let (bench, scheduler, _one) = Bench::small().await;
    let other = bench.scheduler("prow2").await;
    let taking = json!({"resources": {"cpu": 0.125, "memory": 1024}});
    // The same id twice, at once, in one batch or in two.
    let twice = json!({"id": ID, "resources": {"cpu": 0.125}});
    // Room for 32 of these, and each is asked for at one of two schedulers.
    let calls = (0..40).map(|n| if n % 2 == 0 { &scheduler } else { &other });
    let calls = calls.map(|scheduler| scheduler.schedule(taking.clone()));
    let answers = futures::future::join(
        futures::future::join_all(calls),
        futures::future::join(scheduler.schedule(twice.clone()), scheduler.schedule(twice)),
    );
    let (mut answers, (one, two)) = answers.await;
    let duplicates = [&one, &two].iter().filter(|a| a.code() == "duplicate_id").count();
    answers.extend([one, two]);
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    let full = answers.iter().filter(|answer| answer.code() == "no_suitable_node").count();
    assert_eq!(good, 32, "{answers:?}");
    assert_eq!(full + duplicates, 10, "{answers:?}");
    let transactions = bench.etcd.creations("/workloads/").await.len();
    assert!(transactions <= 16, "{transactions} transactions for {good} workloads");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_overviews_add_up() {
    let (bench, scheduler, _one) = Bench::small().await;
    let _two = bench.agent("agent2", &[&scheduler]).await;
    let one = scheduler.running(json!({"labels": {"node": "agent1"}})).await;
    scheduler.running(json!({"labels": {"node": "agent2"}})).await;
    let count = async |query: &str| {
        scheduler.caller.get(&format!("/workloads{query}")).await.body.as_array().unwrap().len()
    };
    assert_eq!(count("").await, 2);
    assert_eq!(count("?status=RUNNING").await, 2);
    assert_eq!(count("?status=Exited").await, 0);
    assert_eq!(count("?status=running&nodeId=agent1").await, 1);
    let listed = scheduler.caller.get("/workloads?nodeId=agent1").await.body;
    assert_eq!(listed[0]["id"], one);

    let overview = scheduler.caller.get("/cluster/metrics").await.body;
    assert_eq!(overview["workloads"], json!({"total": 2, "byStatus": {"Running": 2}}));
    assert_eq!(overview["nodes"].as_array().unwrap().len(), 2);
    let address = format!("127.0.0.1:{}", scheduler.tls_port);
    let expected = json!([{"instance": "prow1", "address": address, "leader": true}]);
    assert_eq!(overview["schedulers"], expected);
    until("the metrics show it", async || {
        let running = scheduler.metric("persys_workloads{status=\"Running\"}").await?;
        let active = scheduler.metric("persys_nodes{status=\"active\"}").await?;
        (running == 2.0 && active == 2.0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_workload_leaves_nothing_behind() {
    let (bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    let path = format!("/workloads/{id}");
    assert_eq!(scheduler.caller.delete(&path).await.status, 202);
    until("the record is gone", async || {
        (scheduler.caller.get(&path).await.status == 404).then_some(())
    })
    .await;
    assert_eq!(agent.state_of(&id), None);
    assert_eq!(agent.verbs(&id), ["run", "remove"]);
    for prefix in ["/workloads/", "/scheduler/history/", "/scheduler/claims/"] {
        until("nothing is left", async || bench.etcd.keys(prefix).await.is_empty().then_some(()))
            .await;
    }
    let answer = scheduler.caller.delete(&path).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (404, "not_found"));
}

/// A request that was given up may come to the store behind the one that was to take it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_came_late_keeps_nobody_from_the_workload() {
    let (bench, scheduler, _agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    let mut etcd = bench.etcd.client().await;
    let session = etcd.get("/scheduler/leader", None).await.unwrap().kvs()[0].lease();
    let late = PutOptions::new().with_lease(session);
    etcd.put(format!("/scheduler/claims/{id}"), "late", Some(late)).await.unwrap();
    let path = format!("/workloads/{id}");
    assert_eq!(scheduler.caller.delete(&path).await.status, 202);
    until("the record is gone", async || {
        (scheduler.caller.get(&path).await.status == 404).then_some(())
    })
    .await;
    assert!(scheduler.log_text().contains("a claim that nobody held"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_is_stopped_and_started_as_it_is_wished() {
    let (_bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    let path = format!("/workloads/{id}/desired-state");
    let answer = scheduler.caller.put(&path, json!({"desiredState": "Stopped"})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["desiredState"], "Stopped");
    scheduler.has_status(&id, "Stopped").await;
    assert_eq!(agent.state_of(&id).as_deref(), Some("exited"));
    scheduler.caller.put(&path, json!({"desiredState": "running"})).await;
    scheduler.has_status(&id, "Running").await;
    assert_eq!(agent.verbs(&id), ["run", "stop", "start"]);
    let answer = scheduler.caller.put(&path, json!({"desiredState": "Paused"})).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "invalid_json"));
    let absent = format!("/workloads/{ID}/desired-state");
    assert_eq!(scheduler.caller.put(&absent, json!({"desiredState": "Stopped"})).await.status, 404);
}
