//! The gateway's probe against servers that keep the contract and servers that do not.

use std::time::{Duration, Instant};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use persys_contract::{ErrorCode, Workload};
use persys_identity::{Authority, CertificateSpec, Credentials};
use persys_verifier::{
    events::Verdict,
    evidence::StepError,
    probe::{Cause, HttpRequest, ProbeError},
};
use reqwest::Method;
use rustls::AlertDescription;
use serde_json::{Value, json};

use crate::probe_net::Net;

/// An answer as the contract wants it.
fn good(headers: &HeaderMap, status: u16, body: Value) -> Response {
    let id = headers.get("x-request-id").cloned().unwrap();
    let named = [
        ("x-service-name".parse().unwrap(), "api-gateway".parse().unwrap()),
        ("x-request-id".parse().unwrap(), id),
    ];
    let mut answer = (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
    answer
        .headers_mut()
        .extend::<Vec<(axum::http::HeaderName, axum::http::HeaderValue)>>(named.into());
    answer
}

fn gateway() -> Router {
    let one =
        json!({ "id": "w-1", "name": "web", "type": "docker-container", "status": "running" });
    let schedule = |headers: HeaderMap, Json(workload): Json<Workload>| async move {
        let reply =
            json!({ "workloadId": workload.name, "node_id": "agent1", "status": "Scheduled" });
        good(&headers, 200, reply)
    };
    let refuse = |headers: HeaderMap| async move {
        good(&headers, 404, json!({ "error": "no workload w-2", "code": "not_found" }))
    };
    Router::new()
        .route("/workloads/schedule", post(schedule))
        .route(
            "/workloads/w-1",
            get({
                let one = one.clone();
                |headers: HeaderMap| async move { good(&headers, 200, one) }
            }),
        )
        .route("/workloads/w-2", get(refuse))
        .route(
            "/workloads",
            get(|headers: HeaderMap, uri: axum::http::Uri| async move {
                assert_eq!(uri.query(), Some("status=Running&nodeId=agent1"));
                good(&headers, 200, json!([one]))
            }),
        )
        .route(
            "/nodes",
            get(|headers: HeaderMap| async move { good(&headers, 200, json!({"nodes":[{}]})) }),
        )
        .route("/bare", get(|| async { "plain" }))
        .route(
            "/page",
            get(|headers: HeaderMap| async move {
                let mut answer = good(&headers, 500, json!(null));
                *answer.body_mut() = "thread 'x' panicked at src/main.rs:7".into();
                answer
            }),
        )
        .route(
            "/echo",
            post(|headers: HeaderMap, body: String| async move {
                good(&headers, 200, json!({ "got": body }))
            }),
        )
        .route("/slow", get(std::future::pending::<()>))
}

async fn with_gateway() -> Net {
    let net = Net::new();
    net.serve_tls("gateway", "api-gateway", net.topology.ports.gateway, gateway()).await;
    net
}

#[tokio::test]
async fn typed_answers_are_read_and_recorded() {
    let net = with_gateway().await;
    let gateway = net.probes.gateway();
    let workload = Workload { name: "web".into(), ..Workload::default() };
    let reply = gateway.schedule(&workload).await.unwrap().ok().unwrap();
    assert_eq!((reply.workload_id.as_str(), reply.node_id.as_str()), ("web", "agent1"));
    let found = gateway.workload("w-1").await.unwrap();
    assert_eq!(found.found().unwrap().unwrap().name, "web");
    assert_eq!(gateway.workload("w-2").await.unwrap().found().unwrap(), None);
    let query = [("status", "Running"), ("nodeId", "agent1")];
    assert_eq!(gateway.workloads(&query).await.unwrap().ok().unwrap().len(), 1);
    assert_eq!(net.evidence("violation"), Vec::<Value>::new());
    let seen = net.evidence("http");
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[0]["summary"], "POST /workloads/schedule on the gateway → 200");
    assert_eq!(seen[0]["data"]["sent"]["name"], "web");
    assert!(seen[0]["data"]["ms"].as_f64().unwrap() > 0.0);
    assert!(seen[0]["data"]["requestId"].is_string());
}

#[tokio::test]
async fn what_is_asked_again_with_the_same_answer_is_written_once() {
    let net = with_gateway().await;
    for _ in 0..5 {
        net.probes.gateway().workload("w-1").await.unwrap();
    }
    assert_eq!(net.evidence("http").len(), 1);
}

#[tokio::test]
async fn a_wrong_answer_is_the_platform_s_failure() {
    let net = with_gateway().await;
    let gateway = net.probes.gateway();
    let refused = gateway.workload("w-2").await.unwrap();
    assert_eq!(refused.status(), 404);
    assert_eq!(refused.refused(ErrorCode::NotFound).unwrap().error, "no workload w-2");
    let failure = refused.ok().unwrap_err();
    assert_eq!(failure.verdict(), Verdict::Failed);
    assert_eq!(
        failure.message,
        r#"the gateway answered GET /workloads/w-2 with 404 not_found ("no workload w-2")"#
    );
    let failure = refused.refused(ErrorCode::StoreUnavailable).unwrap_err();
    assert!(failure.message.ends_with("expected 503 store_unavailable"), "{}", failure.message);
    let failure = gateway.nodes().await.unwrap().ok().unwrap_err();
    assert_eq!(failure.verdict(), Verdict::Failed);
    assert!(failure.message.contains("missing field `nodeId`"), "{}", failure.message);
}

#[tokio::test]
async fn general_promises_are_checked_on_every_answer() {
    let net = with_gateway().await;
    let gateway = net.probes.gateway();
    let exchange = gateway.request(Method::GET, "/bare", None).await.unwrap();
    assert_eq!(exchange.text(), "plain");
    let told = serde_json::to_string(&net.evidence("violation")).unwrap();
    for promise in ["no X-Service-Name", "no X-Request-ID", "not application/json"] {
        assert!(told.contains(promise), "{promise}: {told}");
    }
    gateway.request(Method::GET, "/page", None).await.unwrap();
    let told = serde_json::to_string(&net.evidence("violation")).unwrap();
    assert!(told.contains("stack trace") && told.contains("body is not JSON"), "{told}");
}

#[tokio::test]
async fn secrets_are_found_and_not_written() {
    let net = with_gateway().await;
    let secret = net.agent_secret();
    net.probes.add_secret("git token", "ghp_0123456789");
    let request = HttpRequest::new(Method::POST, "/echo").body(format!("{secret} ghp_0123456789"));
    net.probes.gateway().send(request).await.unwrap();
    let told = serde_json::to_string(&net.evidence("violation")).unwrap();
    assert!(told.contains("secret agent-secret") && told.contains("secret git token"), "{told}");
    let written = net.written();
    assert!(!written.contains(&secret) && !written.contains("ghp_0123456789"));
}

#[tokio::test]
async fn nobody_there_is_an_error_of_the_environment() {
    let net = Net::new();
    let error = net.probes.gateway().nodes().await.unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
    let address = net.address("gateway", 8551);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("ask the gateway at https://{address} for GET /nodes: ")),
        "{text}"
    );
    assert_eq!(StepError::from(error).verdict(), Verdict::Error);
    assert_eq!(net.evidence("http").len(), 1);
}

#[tokio::test]
async fn a_server_that_never_answers_holds_nobody_up() {
    let net = with_gateway().await;
    let started = Instant::now();
    let gateway = net.probes.gateway().with_timeout(Duration::from_millis(300));
    let error = gateway.request(Method::GET, "/slow", None).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn the_alert_of_a_refused_certificate_is_told() {
    let net = Net::new();
    // The server trusts another authority of the same name than the one that signed our
    // certificate, so it is the signature that does not fit.
    let other = tempfile::tempdir().unwrap();
    let authority = Authority::create().unwrap();
    authority.write_certificate(other.path()).unwrap();
    let theirs = Credentials::in_folder(&net.credentials("gateway"), "api-gateway");
    let credentials = Credentials { ca: other.path().join("ca.crt"), ..theirs };
    net.serve_tls_with("gateway", net.topology.ports.gateway, &credentials, gateway()).await;
    let error = net.probes.gateway().nodes().await.unwrap_err();
    assert_eq!(error.tls_alert(), Some(AlertDescription::DecryptError), "{error:?}");
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_believed() {
    let net = Net::new();
    let other = tempfile::tempdir().unwrap();
    let authority = Authority::create().unwrap();
    let spec = CertificateSpec::server("api-gateway").with_ip(net.address("gateway", 1).ip());
    authority.issue(&spec).unwrap().write(other.path()).unwrap();
    authority.write_certificate(other.path()).unwrap();
    let credentials = Credentials::in_folder(other.path(), "api-gateway");
    net.serve_tls_with("gateway", net.topology.ports.gateway, &credentials, gateway()).await;
    let error = net.probes.gateway().nodes().await.unwrap_err();
    let ProbeError::Unanswered { cause: Cause::Tls(reason), .. } = error else {
        panic!("{error:?}")
    };
    assert!(reason.contains("BadSignature"), "{reason}");
}
