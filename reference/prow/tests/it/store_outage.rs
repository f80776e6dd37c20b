//! etcd goes away and comes back.

use std::time::Duration;

use serde_json::json;

use crate::{
    bench::{Bench, NODE_TIMEOUT},
    wait::{throughout, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn while_etcd_is_away_everything_is_refused_and_nothing_is_lost() {
    let (mut bench, scheduler, agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    bench.etcd.stop();
    for _ in 0..2 {
        let answer = scheduler.schedule(json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "store_unavailable"));
        assert!(answer.took < Duration::from_secs(5), "{:?}", answer.took);
    }
    for path in ["/workloads", "/nodes", "/cluster/metrics", "/reconciliation/stats"] {
        let answer = scheduler.caller.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "store_unavailable"), "{path}");
        assert!(answer.took < Duration::from_secs(5), "{path} {:?}", answer.took);
    }
    tokio::time::sleep(NODE_TIMEOUT * 2).await;
    bench.etcd.resume().await;
    until("it is back without a restart", async || {
        (scheduler.caller.get("/workloads").await.status == 200).then_some(())
    })
    .await;
    assert_eq!(bench.etcd.keys("/workloads/").await, [format!("/workloads/{id}")]);
    // Nobody is blamed for the silence, and nothing is started twice.
    throughout(NODE_TIMEOUT, "the node stays active", async || {
        let nodes = scheduler.caller.get("/nodes").await.body;
        nodes["nodes"][0]["status"] == "active"
    })
    .await;
    scheduler.has_status(&id, "Running").await;
    assert_eq!(agent.verbs(&id), ["run"]);
    scheduler.running(json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_hangs_is_refused_in_time_and_what_was_refused_is_not_there_later() {
    let (bench, scheduler, _agent) = Bench::small().await;
    bench.etcd.signal("STOP");
    let refused = "8c1f2f0e-7f5e-4b7e-9d52-9f6a5b1d2c3e";
    let calls = [scheduler.schedule(json!({"id": refused})), scheduler.schedule(json!({}))];
    for answer in futures::future::join_all(calls).await {
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "store_unavailable"));
        assert!(answer.took < Duration::from_secs(5), "{:?}", answer.took);
    }
    bench.etcd.signal("CONT");
    until("it is back without a restart", async || {
        (scheduler.caller.get("/workloads").await.status == 200).then_some(())
    })
    .await;
    until("nothing that was refused is there", async || {
        bench.etcd.keys("/workloads/").await.is_empty().then_some(())
    })
    .await;
    scheduler.leads().await;
    scheduler.running(json!({"id": refused})).await;
}
