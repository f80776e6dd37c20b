//! While one scheduler is left, no request fails for more than two seconds.

use std::time::Duration;

use crate::support::{FakeScheduler, Mode, Pki, eventually, network};

const LIMIT: Duration = Duration::from_secs(2);

async fn serves_in_time(gateway: &crate::support::TestGateway, rounds: usize) {
    for _ in 0..rounds {
        for reply in [gateway.get("/nodes").await, gateway.post("/workloads/schedule", "{}").await]
        {
            assert_eq!((reply.status, reply.text()), (200, r#"{"from":"prow2"}"#));
            assert!(reply.took < LIMIT, "{:?}", reply.took);
        }
    }
}

#[tokio::test]
async fn a_scheduler_that_is_gone_costs_nothing() {
    let pki = Pki::create();
    let credentials = pki.scheduler();
    let going = FakeScheduler::start("prow1", &credentials).await;
    let staying = FakeScheduler::start("prow2", &credentials).await;
    let (gateway, _dns) = network(&[&going, &staying], &pki).await;
    // Leaves idle connections to both.
    for _ in 0..4 {
        assert_eq!(gateway.get("/nodes").await.status, 200);
    }
    drop(going);
    serves_in_time(&gateway, 10).await;
    assert_eq!(gateway.health().await.prow_scheduler, staying.address.to_string());
}

#[tokio::test]
async fn a_frozen_scheduler_delays_and_never_refuses() {
    let pki = Pki::create();
    let credentials = pki.scheduler();
    let freezing = FakeScheduler::start("prow1", &credentials).await;
    let staying = FakeScheduler::start("prow2", &credentials).await;
    let (gateway, _dns) = network(&[&freezing, &staying], &pki).await;
    for _ in 0..4 {
        assert_eq!(gateway.get("/nodes").await.status, 200);
    }
    let before = freezing.shown();
    freezing.set(Mode::Frozen);
    serves_in_time(&gateway, 10).await;
    // Once it is known, it is not even asked.
    eventually("requests are quick again", async || {
        gateway.get("/nodes").await.took < Duration::from_millis(200)
            && gateway.get("/nodes").await.took < Duration::from_millis(200)
    })
    .await;

    freezing.set(before);
    eventually("it is used again", async || {
        gateway.get("/nodes").await.text() == r#"{"from":"prow1"}"#
    })
    .await;
}

#[tokio::test]
async fn a_frozen_scheduler_is_noticed_without_a_request() {
    let pki = Pki::create();
    let credentials = pki.scheduler();
    let freezing = FakeScheduler::start("prow1", &credentials).await;
    let staying = FakeScheduler::start("prow2", &credentials).await;
    let (gateway, _dns) = network(&[&freezing, &staying], &pki).await;
    let in_use = async || gateway.health().await.prow_scheduler;
    eventually("it is the one in use", async || {
        gateway.get("/nodes").await;
        in_use().await == freezing.address.to_string()
    })
    .await;
    freezing.set(Mode::Frozen);
    eventually("another one is in use", async || in_use().await == staying.address.to_string())
        .await;
    let asked = staying.asked().len();
    serves_in_time(&gateway, 2).await;
    assert_eq!(staying.asked().len(), asked + 4);
}

#[tokio::test]
async fn without_any_scheduler_the_refusal_says_which_way() {
    let pki = Pki::create();
    let only = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&only], &pki).await;
    only.set(Mode::Frozen);
    for reply in [gateway.get("/nodes").await, gateway.post("/workloads/schedule", "{}").await] {
        assert_eq!(reply.refusal(), (504, "scheduler_timeout".to_owned()));
        assert!(reply.took < Duration::from_secs(4), "{:?}", reply.took);
    }
    drop(only);
    for reply in [gateway.get("/nodes").await, gateway.post("/workloads/schedule", "{}").await] {
        assert_eq!(reply.refusal(), (502, "scheduler_unreachable".to_owned()));
        assert!(reply.took < LIMIT, "{:?}", reply.took);
    }
    assert_eq!(gateway.health().await.status, "degraded");
}

#[tokio::test]
async fn a_scheduler_that_refuses_the_gateway_is_not_used() {
    let pki = Pki::create();
    let credentials = pki.scheduler();
    let refusing = FakeScheduler::start("prow1", &credentials).await;
    let staying = FakeScheduler::start("prow2", &credentials).await;
    let (gateway, _dns) = network(&[&refusing, &staying], &pki).await;
    let in_use = async || gateway.health().await.prow_scheduler;
    eventually("it is the one in use", async || {
        gateway.get("/nodes").await;
        in_use().await == refusing.address.to_string()
    })
    .await;
    refusing.answer(403, r#"{"error":"no","code":"role_not_allowed"}"#);
    refusing.set_health(403);
    eventually("another one is in use", async || in_use().await == staying.address.to_string())
        .await;
    serves_in_time(&gateway, 2).await;
    // One that has no such route is asked for something else.
    refusing.answer(200, "{}");
    refusing.set_health(404);
    eventually("it is used again", async || gateway.get("/nodes").await.text() == "{}").await;
}
