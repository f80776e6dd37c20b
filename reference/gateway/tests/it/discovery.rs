//! How schedulers are found, and what happens when the name server is away.

use std::{net::Ipv4Addr, time::Duration};

use persys_gateway::discovery::Lookup;

use crate::support::{FakeDns, FakeScheduler, Pki, Registration, TestGateway, eventually, network};

fn lookup(dns: &FakeDns) -> Lookup {
    Lookup::new(dns.address, "_prow-scheduler", "persys.local").unwrap()
}

#[tokio::test]
async fn services_come_first_and_their_targets_are_resolved() {
    let dns = FakeDns::start().await;
    let address = "10.1.2.3:8099".parse().unwrap();
    dns.register([Registration { target: "prow1.persys.local.".to_owned(), address }]);
    dns.set_addresses(&[Ipv4Addr::new(10, 9, 9, 9)]);
    for encloses in [false, true] {
        dns.enclose_addresses(encloses);
        let found = lookup(&dns).schedulers().await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].address, address);
        assert_eq!(found[0].name.as_deref(), Some("prow1.persys.local"));
    }
}

#[tokio::test]
async fn without_services_the_addresses_count_with_port_8085() {
    let dns = FakeDns::start().await;
    let lookup = lookup(&dns);
    assert!(lookup.schedulers().await.unwrap().is_empty());
    dns.set_addresses(&[Ipv4Addr::new(10, 9, 9, 9), Ipv4Addr::new(10, 9, 9, 8)]);
    let found = lookup.schedulers().await.unwrap();
    let mut addresses: Vec<_> = found.iter().map(|found| found.address.to_string()).collect();
    addresses.sort();
    assert_eq!(addresses, ["10.9.9.8:8085", "10.9.9.9:8085"]);
}

#[tokio::test]
async fn a_failing_name_server_is_no_answer() {
    let mut dns = FakeDns::start().await;
    let lookup = lookup(&dns);
    dns.fail(true);
    assert!(lookup.schedulers().await.is_err());
    dns.stop().await;
    assert!(lookup.schedulers().await.is_err());
}

#[tokio::test]
async fn what_is_registered_is_used_and_what_is_not_is_not() {
    let pki = Pki::create();
    let credentials = pki.scheduler();
    let first = FakeScheduler::start("prow1", &credentials).await;
    let second = FakeScheduler::start("prow2", &credentials).await;
    let (gateway, dns) = network(&[&first], &pki).await;
    dns.register([first.registration(), second.registration()]);
    eventually("both are used", async || {
        gateway.get("/nodes").await;
        !first.asked().is_empty() && !second.asked().is_empty()
    })
    .await;
    assert_eq!(gateway.metric("persys_schedulers_discovered").await.as_deref(), Some("2"));
    dns.register([second.registration()]);
    eventually("one is forgotten", async || {
        gateway.metric("persys_schedulers_discovered").await.as_deref() == Some("1")
    })
    .await;
    let before = first.asked().len();
    for _ in 0..4 {
        assert_eq!(gateway.get("/nodes").await.text(), r#"{"from":"prow2"}"#);
    }
    assert_eq!(first.asked().len(), before);
}

#[tokio::test]
async fn the_name_server_s_absence_changes_nothing_for_who_is_known() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, mut dns) = network(&[&scheduler], &pki).await;
    let serves = async |what: &str| {
        for _ in 0..10 {
            assert_eq!(gateway.get("/nodes").await.status, 200, "{what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    dns.fail(true);
    serves("SERVFAIL").await;
    dns.fail(false);
    dns.register([]);
    serves("no registration, but a scheduler that serves").await;
    dns.stop().await;
    serves("no name server").await;
}

#[tokio::test]
async fn the_configured_scheduler_is_the_last_resort() {
    let pki = Pki::create();
    let credentials = pki.scheduler();
    let configured = FakeScheduler::start("prow1", &credentials).await;
    let registered = FakeScheduler::start("prow2", &credentials).await;
    let address = configured.address.to_string();
    let dns = FakeDns::start().await;
    let flags = ["--prow-scheduler-addr", address.as_str()];
    let gateway = TestGateway::start(&pki, dns.address, &flags).await;
    eventually("the configured one is used", async || {
        gateway.get("/nodes").await.text() == r#"{"from":"prow1"}"#
    })
    .await;
    dns.register([registered.registration()]);
    eventually("the registered one is used alone", async || {
        gateway.metric("persys_schedulers_discovered").await.as_deref() == Some("1")
            && gateway.get("/nodes").await.text() == r#"{"from":"prow2"}"#
    })
    .await;
}

#[tokio::test]
async fn a_failure_is_reason_to_look_again_at_once() {
    let pki = Pki::create();
    let credentials = pki.scheduler();
    let dying = FakeScheduler::start("prow1", &credentials).await;
    let heir = FakeScheduler::start("prow2", &credentials).await;
    let dns = FakeDns::start().await;
    dns.register([dying.registration()]);
    let gateway = TestGateway::start(&pki, dns.address, &["--discovery-interval=3600"]).await;
    eventually("it serves", async || gateway.get("/nodes").await.status == 200).await;
    dns.register([heir.registration()]);
    drop(dying);
    eventually("the heir serves", async || gateway.get("/nodes").await.status == 200).await;
}

#[tokio::test]
async fn a_gateway_without_schedulers_runs_and_is_not_ready() {
    let pki = Pki::create();
    let dns = FakeDns::start().await;
    let gateway = TestGateway::start(&pki, dns.address, &[]).await;
    let reply = gateway.get("/nodes").await;
    assert_eq!(reply.refusal(), (502, "scheduler_unreachable".to_owned()));
    let health = gateway.health().await;
    assert_eq!((health.status.as_str(), health.prow_scheduler.as_str()), ("degraded", ""));
    assert!(!gateway.is_ready());

    let late = FakeScheduler::start("prow1", &pki.scheduler()).await;
    dns.register([late.registration()]);
    eventually("it is ready", async || gateway.is_ready()).await;
    assert_eq!(gateway.get("/nodes").await.status, 200);
}
