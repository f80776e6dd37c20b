//! Callers that behave badly, on both of the gateway's listeners.

use persys_contract::Role;
use persys_hostile::{Listener, Process, stranger_configs, strangers_get_no_answer, survives};

use crate::support::{FakeScheduler, Pki, client, network};

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_served_whatever_comes_beside_them() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    let credentials = pki.client(Role::Client);
    let config = credentials.client_config().unwrap();
    let listener = Listener::tls(gateway.addresses.mutual_tls, config);
    // With a handshake of its own each time.
    survives(&listener, Process::own(), async || {
        let answer = client(&credentials).get(gateway.url("/nodes")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_whatever_comes_beside_who_asks() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    let listener = Listener::plain(gateway.addresses.plain);
    let url = format!("http://{}/health", gateway.addresses.plain);
    survives(&listener, Process::own(), async || {
        assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    })
    .await;
}

#[tokio::test]
async fn no_stranger_hears_a_byte() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    let authority = std::fs::read_to_string(pki.folder().join("ca.crt")).unwrap();
    let strangers = stranger_configs(&authority, Role::Client);
    strangers_get_no_answer(gateway.addresses.mutual_tls, strangers).await;
    assert_eq!(scheduler.asked().len(), 0);
}
