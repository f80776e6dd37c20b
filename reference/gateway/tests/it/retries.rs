//! What is tried on another scheduler, and what is not.

use std::time::Duration;

use http::Method;

use crate::support::{FakeScheduler, Mode, Pki, network};

async fn two(pki: &Pki) -> (FakeScheduler, FakeScheduler) {
    let credentials = pki.scheduler();
    (
        FakeScheduler::start("prow1", &credentials).await,
        FakeScheduler::start("prow2", &credentials).await,
    )
}

#[tokio::test]
async fn a_safe_request_is_tried_on_the_next() {
    let pki = Pki::create();
    let (broken, good) = two(&pki).await;
    let (gateway, _dns) = network(&[&broken, &good], &pki).await;
    broken.set(Mode::Break);
    for _ in 0..10 {
        let reply = gateway.get("/nodes").await;
        assert_eq!((reply.status, reply.text()), (200, r#"{"from":"prow2"}"#));
    }
    assert!(!broken.asked().is_empty(), "the broken one was never asked");
}

#[tokio::test]
async fn an_order_is_never_repeated_once_it_may_have_arrived() {
    let pki = Pki::create();
    let (broken, good) = two(&pki).await;
    let (gateway, _dns) = network(&[&broken, &good], &pki).await;
    broken.set(Mode::Break);
    let mut refused = 0;
    for round in 0..30 {
        let (method, path) = match round % 3 {
            0 => (Method::POST, "/workloads/schedule"),
            1 => (Method::PUT, "/workloads/x/desired-state"),
            _ => (Method::DELETE, "/workloads/x"),
        };
        let reply = gateway.call(method, path, "{}").await;
        if reply.status != 200 {
            assert_eq!(reply.refusal(), (502, "scheduler_unreachable".to_owned()));
            refused += 1;
        }
        let arrived = broken.asked().len() + good.asked().len();
        assert_eq!(arrived, round + 1, "an order was lost or came twice");
    }
    assert!(refused > 0 && refused == broken.asked().len());
}

#[tokio::test]
async fn an_order_without_an_answer_is_not_repeated_either() {
    let pki = Pki::create();
    let (hanging, good) = two(&pki).await;
    let (gateway, _dns) = network(&[&hanging, &good], &pki).await;
    hanging.set(Mode::Hang);
    let mut timeouts = 0;
    for round in 1..=2 {
        let reply = gateway.post("/workloads/schedule", "{}").await;
        if reply.status != 200 {
            assert_eq!(reply.refusal(), (504, "scheduler_timeout".to_owned()));
            assert!(reply.took < Duration::from_secs(4), "{:?}", reply.took);
            timeouts += 1;
        }
        assert_eq!(hanging.asked().len() + good.asked().len(), round);
    }
    assert_eq!(timeouts, 1);
}

#[tokio::test]
async fn a_scheduler_without_its_store_is_passed_over() {
    let pki = Pki::create();
    let (poor, good) = two(&pki).await;
    let (gateway, _dns) = network(&[&poor, &good], &pki).await;
    let without_store = r#"{"error":"the store is away","code":"store_unavailable"}"#;
    poor.answer(503, without_store);
    for _ in 0..6 {
        assert_eq!(gateway.get("/nodes").await.text(), r#"{"from":"prow2"}"#);
    }
    // Other reasons for a 503 are the platform's, not this scheduler's.
    let full = r#"{"error":"no node fits","code":"no_suitable_node"}"#;
    poor.answer(503, full);
    good.answer(503, full);
    assert_eq!(gateway.get("/nodes").await.text(), full);

    // When no scheduler has one, the caller gets what they say.
    poor.answer(503, without_store);
    good.answer(503, without_store);
    let reply = gateway.get("/nodes").await;
    assert_eq!((reply.status, reply.text()), (503, without_store));
    let reply = gateway.post("/workloads/schedule", "{}").await;
    assert_eq!((reply.status, reply.text()), (503, without_store));
}

#[tokio::test]
async fn that_a_store_is_away_is_better_than_no_answer() {
    let pki = Pki::create();
    let (poor, hanging) = two(&pki).await;
    let (gateway, _dns) = network(&[&poor, &hanging], &pki).await;
    let without_store = r#"{"error":"the store is away","code":"store_unavailable"}"#;
    poor.answer(503, without_store);
    hanging.set(Mode::Hang);
    for _ in 0..2 {
        let reply = gateway.get("/nodes").await;
        assert_eq!((reply.status, reply.text()), (503, without_store));
        assert!(reply.took < Duration::from_secs(4), "{:?}", reply.took);
    }
}
