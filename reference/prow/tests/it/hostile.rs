//! Callers that behave badly, on both of the scheduler's listeners.

use persys_contract::Role;
use persys_hostile::{Listener, Process, stranger_configs, strangers_get_no_answer, survives};

use crate::{
    bench::{Bench, Scheduler},
    client::Caller,
};

fn process(scheduler: &Scheduler) -> Process {
    Process { pid: scheduler.process.id() }
}

#[tokio::test(flavor = "multi_thread")]
async fn gateways_are_served_whatever_comes_beside_them() {
    let bench = Bench::new().await;
    let scheduler = bench.scheduler("prow1").await;
    let config = bench.keys.load("gateway").client_config().unwrap();
    let listener = Listener::tls(([127, 0, 0, 1], scheduler.tls_port).into(), config);
    let base = format!("https://127.0.0.1:{}", scheduler.tls_port);
    // With a handshake of its own each time.
    survives(&listener, process(&scheduler), async || {
        let caller = Caller::new(&bench.keys, "gateway", base.clone());
        assert_eq!(caller.get("/nodes").await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_heard_whatever_comes_beside_them() {
    let bench = Bench::new().await;
    let scheduler = bench.scheduler("prow1").await;
    let listener = Listener::plain(([127, 0, 0, 1], scheduler.plain_port).into());
    survives(&listener, process(&scheduler), async || {
        let answer = reqwest::get(format!("{}/health", scheduler.plain())).await.unwrap();
        assert_eq!(answer.status(), 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stranger_hears_a_byte() {
    let bench = Bench::new().await;
    let scheduler = bench.scheduler("prow1").await;
    let authority = std::fs::read_to_string(bench.keys.path("ca.crt")).unwrap();
    let strangers = stranger_configs(&authority, Role::Gateway);
    strangers_get_no_answer(([127, 0, 0, 1], scheduler.tls_port).into(), strangers).await;
    assert_eq!(scheduler.caller.get("/nodes").await.status, 200);
}
