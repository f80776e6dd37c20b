//! Requests and answers pass unchanged; what is not in the contract does not pass.

use bytes::Bytes;
use http::Method;
use persys_contract::MAX_BODY_BYTES;

use crate::support::{FakeScheduler, Pki, network};

#[tokio::test]
async fn every_route_of_the_contract_is_forwarded_unchanged() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    for (method, path) in [
        ("POST", "/workloads/schedule"),
        ("GET", "/workloads?status=Running&nodeId=a%20b"),
        ("GET", "/workloads/x%2Fy"),
        ("HEAD", "/workloads/x"),
        ("DELETE", "/workloads/x"),
        ("PUT", "/workloads/x/desired-state"),
        ("POST", "/workloads/x/reconcile"),
        ("GET", "/reconciliation/stats"),
        ("POST", "/reconciliation/trigger"),
        ("GET", "/nodes"),
        ("GET", "/cluster/metrics"),
    ] {
        for status in [200, 202, 404, 409, 503] {
            let answer = format!("{{\"answer\":{status}}}");
            scheduler.answer(status, answer.clone());
            let sent = if matches!(method, "GET" | "HEAD") { "" } else { "{\"sent\": 1 }" };
            let reply = gateway.call(method.parse().unwrap(), path, sent).await;
            assert_eq!(reply.status, status, "{method} {path}");
            assert_eq!(reply.headers["content-type"], "application/json");
            assert_eq!(reply.headers["x-own"], "kept");
            assert_eq!(reply.headers.get_all("x-service-name").iter().count(), 1);
            assert_eq!(reply.headers["x-service-name"], "api-gateway");
            if method != "HEAD" {
                assert_eq!(reply.text(), answer);
            }
            let asked = scheduler.asked().pop().unwrap();
            assert_eq!(asked.line, format!("{method} {path}"));
            assert_eq!(asked.body, sent);
            assert_eq!(asked.headers["host"], scheduler.address.to_string());
        }
    }
}

#[tokio::test]
async fn the_request_id_goes_both_ways() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;

    let reply = gateway.call_with("/nodes", ("x-request-id", "my id 1")).await;
    assert_eq!(reply.headers["x-request-id"], "my id 1");
    assert_eq!(scheduler.asked()[0].headers["x-request-id"], "my id 1");

    let reply = gateway.call_with("/nodes", ("x-request-id", &"x".repeat(129))).await;
    let made = reply.headers["x-request-id"].to_str().unwrap();
    assert_eq!(made.len(), 36);
    assert_eq!(scheduler.asked()[1].headers["x-request-id"], made);
    assert_eq!(reply.headers.get_all("x-request-id").iter().count(), 1);
}

#[tokio::test]
async fn nothing_else_is_forwarded() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    for (method, path, status, code) in [
        (Method::GET, "/", 404, "not_found"),
        (Method::GET, "/nodes/register", 404, "not_found"),
        (Method::POST, "/nodes/heartbeat", 404, "not_found"),
        (Method::GET, "/metrics", 404, "not_found"),
        (Method::GET, "/workloads/", 404, "not_found"),
        (Method::POST, "/nodes", 405, "method_not_allowed"),
        (Method::DELETE, "/workloads", 405, "method_not_allowed"),
        (Method::PATCH, "/workloads/x", 405, "method_not_allowed"),
    ] {
        let reply = gateway.call(method.clone(), path, "").await;
        assert_eq!(reply.refusal(), (status, code.to_owned()), "{method} {path}");
        assert!(reply.headers.contains_key("x-request-id"));
    }
    assert!(scheduler.asked().is_empty());
}

#[tokio::test]
async fn a_body_may_have_1_mib() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;

    let reply = gateway.post("/workloads/schedule", vec![b'x'; MAX_BODY_BYTES + 1]).await;
    assert_eq!(reply.refusal(), (413, "too_large".to_owned()));
    let reply = gateway.post("/workloads/schedule", vec![b'x'; 3 * MAX_BODY_BYTES]).await;
    assert_eq!(reply.refusal(), (413, "too_large".to_owned()));
    assert!(scheduler.asked().is_empty());

    let reply = gateway.post("/workloads/schedule", vec![b'x'; MAX_BODY_BYTES]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(scheduler.asked()[0].body.len(), MAX_BODY_BYTES);
}

#[tokio::test]
async fn a_large_answer_comes_whole() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    let large: Bytes = (0..20_000_000_u32).map(|i| (i / 1_000) as u8).collect();
    scheduler.answer(200, large.clone());
    for _ in 0..2 {
        let reply = gateway.get("/workloads").await;
        assert!(reply.body == large, "{} bytes", reply.body.len());
    }
}

#[tokio::test]
async fn the_plain_listener_serves_three_routes() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    assert_eq!(gateway.plain("/").await.status, 200);
    assert_eq!(gateway.metric("persys_schedulers_discovered").await.as_deref(), Some("1"));
    let health = gateway.health().await;
    assert_eq!((health.status.as_str(), health.service.as_str()), ("ok", "api-gateway"));
    assert_eq!(health.prow_scheduler, scheduler.address.to_string());
    assert_eq!(gateway.get("/health").await.body, gateway.plain("/health").await.body);
    for path in ["/nodes", "/workloads", "/workloads/x", "/cluster/metrics"] {
        assert_eq!(gateway.plain(path).await.refusal(), (404, "not_found".to_owned()), "{path}");
    }
    assert!(scheduler.asked().is_empty());

    gateway.get("/nodes").await;
    let counted = gateway.metric(
        r#"persys_http_requests_total{method="GET",route="/nodes",service="api-gateway",status="200"}"#,
    );
    assert_eq!(counted.await.as_deref(), Some("1"));
}
