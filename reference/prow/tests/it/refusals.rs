//! Who is refused, and what.

use persys_contract::SignatureKey;
use persys_reference_base::signature::SignedClient;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

use crate::{bench::Bench, client::Caller};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_valid_is_refused_and_not_stored() {
    let (bench, scheduler, _agent) = Bench::small().await;
    for (body, status, code) in [
        ("{".to_owned(), 400, "invalid_json"),
        ("[]".to_owned(), 400, "invalid_json"),
        ("{}".to_owned(), 400, "invalid_workload"),
        (json!({"name": "a", "type": "docker-container"}).to_string(), 400, "invalid_workload"),
        (
            json!({"name": "A B", "type": "docker-container", "image": "x"}).to_string(),
            400,
            "invalid_workload",
        ),
        (
            json!({"name": "a", "type": "docker-container", "image": "x", "command": "'"})
                .to_string(),
            400,
            "invalid_workload",
        ),
        (
            json!({"name": "a", "type": "docker-container", "image": "x".repeat(1 << 20)})
                .to_string(),
            413,
            "too_large",
        ),
        (
            json!({"name": "a", "type": "docker-compose", "compose": "services: {}"}).to_string(),
            400,
            "invalid_workload",
        ),
        (
            json!({"name": "a", "type": "git-compose", "gitRepo": "https://x/y",
                   "labels": {"node": "none"}})
            .to_string(),
            503,
            "no_suitable_node",
        ),
    ] {
        let shown = body.chars().take(80).collect::<String>();
        let answer = scheduler.caller.call(Method::POST, "/workloads/schedule", Some(body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{shown}");
        assert!(answer.body["error"].as_str().is_some_and(|text| !text.is_empty()), "{shown}");
    }
    let answer = scheduler.schedule(json!({"ports": ["80"]})).await;
    assert!(answer.body["error"].as_str().unwrap().starts_with("ports: "), "{answer:?}");
    assert!(bench.etcd.keys("/workloads/").await.is_empty());
    for (method, path) in [
        (Method::GET, "/workloads/none"),
        (Method::DELETE, "/workloads/none"),
        (Method::POST, "/workloads/none/reconcile"),
        (Method::GET, "/nowhere"),
    ] {
        let answer = scheduler.caller.call(method, path, None).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "not_found"), "{path}");
    }
    let answer = scheduler.caller.call(Method::PATCH, "/nodes", None).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (405, "method_not_allowed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_gateways_and_operators_may_call() {
    let bench = Bench::new().await;
    let scheduler = bench.scheduler("prow1").await;
    let base = format!("https://127.0.0.1:{}", scheduler.tls_port);
    for (role, status) in [
        ("gateway", 200),
        ("operator", 200),
        ("client", 403),
        ("prow", 403),
        ("chaos", 403),
        ("etcd-client", 403),
    ] {
        let caller = Caller::new(&bench.keys, role, base.clone());
        let answer = caller.get("/nodes").await;
        assert_eq!(answer.status.as_u16(), status, "{role}");
        if status == 403 {
            assert_eq!(answer.code(), "role_not_allowed");
            assert_eq!(caller.get("/nowhere").await.status, 403, "{role}");
        }
    }
    let line =
        "persys_auth_rejections_total{reason=\"role_not_allowed\",service=\"prow-scheduler\"}";
    assert_eq!(scheduler.metric(line).await, Some(8.0));
    let log = scheduler.log_text();
    let refusal = log.lines().find(|l| l.contains("\"reason\":\"role_not_allowed\"")).unwrap();
    assert!(refusal.contains("\"peer\":\"127.0.0.1:"), "{refusal}");
    assert!(refusal.contains("\"requestId\":\"it-1\""), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_s_signals_must_be_signed_and_sensible() {
    let bench = Bench::new().await;
    let scheduler = bench.scheduler("prow1").await;
    let unsigned = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = unsigned.post(format!("{}/nodes/heartbeat", scheduler.plain()));
    let response = response.body("{}").send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.text().await.unwrap().contains("missing_signature"));

    let client = |secret: &str| {
        SignedClient::new(SignatureKey::new(secret), Duration::from_secs(2)).unwrap()
    };
    let beat =
        json!({"nodeId": "agent9", "status": "active", "availableCpu": 1.0, "availableMemory": 1});
    let refused = client("wrong").post(&scheduler.plain(), "/nodes/heartbeat", &beat).await;
    assert_eq!(refused.unwrap_err().status(), Some(401));
    let good = client(crate::agent::SECRET);
    let unknown = good.post(&scheduler.plain(), "/nodes/heartbeat", &beat).await;
    assert_eq!(unknown.unwrap_err().status(), Some(404));
    let odd = good.post(&scheduler.plain(), "/nodes/register", &json!({"nodeId": "a"})).await;
    assert_eq!(odd.unwrap_err().status(), Some(400));
    assert!(bench.etcd.keys("/nodes/").await.is_empty());
}
