//! A scheduler's records in discovery.

use std::time::Duration;

use etcd_client::GetOptions;
use serde_json::json;

use crate::{bench::Bench, wait::until};

const SERVICE: &str = "/skydns/local/persys/_prow-scheduler/prow1";
const ADDRESS: &str = "/skydns/local/persys/scheduler/prow1";

#[tokio::test(flavor = "multi_thread")]
async fn the_records_are_there_under_a_lease_and_go_with_the_scheduler() {
    let bench = Bench::new().await;
    let mut scheduler = bench.scheduler("prow1").await;
    let port = scheduler.tls_port;
    assert_eq!(
        bench.etcd.get(SERVICE).await,
        Some(json!({"host": "127.0.0.1", "port": port, "priority": 10, "weight": 10, "ttl": 2}))
    );
    assert_eq!(bench.etcd.get(ADDRESS).await, Some(json!({"host": "127.0.0.1", "ttl": 2})));
    let mut client = bench.etcd.client().await;
    let found = client.get(SERVICE, None::<GetOptions>).await.unwrap();
    let lease = found.kvs()[0].lease();
    let left = client.lease_time_to_live(lease, None).await.unwrap();
    assert_eq!(left.granted_ttl(), 15);

    scheduler.process.signal("TERM");
    let ended = scheduler.process.ended_within(Duration::from_secs(5));
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
    assert_eq!(bench.etcd.get(SERVICE).await, None, "gone at once, not only with the lease");
    assert_eq!(bench.etcd.get(ADDRESS).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_were_lost_come_back() {
    let bench = Bench::new().await;
    let _scheduler = bench.scheduler("prow1").await;
    let mut client = bench.etcd.client().await;
    let found = client.get(SERVICE, None).await.unwrap();
    client.lease_revoke(found.kvs()[0].lease()).await.unwrap();
    assert_eq!(bench.etcd.get(SERVICE).await, None);
    until("the records are back", async || bench.etcd.get(SERVICE).await).await;
    until("both are", async || bench.etcd.get(ADDRESS).await).await;
}
