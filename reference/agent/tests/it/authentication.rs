//! Every request but two must be signed, and nothing is done for one that is not.

use persys_contract::SignatureKey;
use serde_json::Value;

use crate::agent::{SECRET, TestAgent, client, order};
use crate::engine::TestEngine;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_signature_nothing_is_done() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    agent.order(&order("w-safe", "")).await.unwrap();
    agent.entry("w-safe", "running").await;

    let unsigned = [
        ("POST", "/docker/run"),
        ("GET", "/docker/list"),
        ("GET", "/docker/logs/w-safe"),
        ("POST", "/docker/start/w-safe"),
        ("POST", "/docker/stop/w-safe"),
        ("DELETE", "/docker/w-safe"),
        ("POST", "/compose/run"),
        ("POST", "/compose/clone"),
        ("POST", "/compose/stop/w-safe"),
        ("GET", "/no/such/route"),
        ("GET", "/"),
    ];
    for (method, path) in unsigned {
        let (status, body) = agent.plain(method, path).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, body["code"].as_str()), (401, Some("missing_signature")), "{path}");
    }
    let stranger = client("another secret");
    let refused = stranger.delete(&agent.base(), "/docker/w-safe").await.unwrap_err();
    assert_eq!(refused.status(), Some(401));
    agent.entry("w-safe", "running").await;

    let line = agent.line("refused a request's signature").await;
    assert_eq!(line["reason"], "missing_signature");
    assert!(line["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert!(line["requestId"].is_string());
    let (status, text) = agent.plain("GET", "/metrics").await;
    assert_eq!(status, 200);
    for reason in ["missing_signature", "bad_signature"] {
        let counted = format!("persys_auth_rejections_total{{reason=\"{reason}\"");
        assert!(text.contains(&counted), "{text}");
    }
    let secrets = agent.lines().iter().filter(|line| line.to_string().contains(SECRET)).count();
    assert_eq!(secrets, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_carried_out_once() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let key = SignatureKey::new(SECRET);
    let signed = key.sign("GET", "/docker/list?x=%20y", now.as_secs(), [7; 16], b"");
    let send = async || {
        let url = format!("{}/docker/list?x=%20y", agent.base());
        let mut request = reqwest::Client::new().get(url).header("X-Request-ID", "replayed-1");
        for (name, value) in signed.pairs() {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["x-request-id"], "replayed-1");
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(send().await.0, 200);
    let (status, body) = send().await;
    assert_eq!(status, 401);
    assert!(body.contains("replayed_nonce"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_run_bears_the_request_s_id_to_its_end() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let id = persys_reference_base::RequestId::take_over(Some("order-4711"));
    id.scope(agent.order(&order("w-logged", ""))).await.unwrap();
    let line = agent.line("run ended").await;
    assert_eq!(line["requestId"], "order-4711");
    assert_eq!(line["workloadId"], "w-logged");
}
