//! Signed requests, as an agent would check them.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use persys_contract::{ErrorCode, SignatureKey, SignedHeaders};
use persys_verifier::probe::{HttpRequest, Signing};
use time::OffsetDateTime;

use crate::probe_net::Net;

/// Checks the signature of whatever comes, and answers with an empty list.
async fn check(
    State(key): State<Arc<SignatureKey>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = OffsetDateTime::now_utc().unix_timestamp().unsigned_abs();
    let path = uri.path_and_query().unwrap().as_str();
    let window = Duration::from_secs(30);
    let signed = SignedHeaders::read(|name| headers.get(name).and_then(|v| v.to_str().ok()));
    let verdict = signed.and_then(|s| key.verify(method.as_str(), path, &s, &body, now, window));
    let json = [("content-type", "application/json")];
    match verdict {
        Ok(()) => (json, r#"{"result":[]}"#).into_response(),
        Err(error) => {
            let body = format!(r#"{{"error":"{error}","code":"{}"}}"#, error.code());
            (StatusCode::UNAUTHORIZED, json, body).into_response()
        }
    }
}

async fn with_agent() -> Net {
    let net = Net::new();
    let key = Arc::new(SignatureKey::new(net.agent_secret()));
    let app = Router::new().fallback(check).with_state(key);
    net.serve_plain("agent1", net.topology.ports.agent, app).await;
    net
}

#[tokio::test]
async fn requests_are_signed_as_they_are_sent() {
    let net = with_agent().await;
    let agent = net.probes.agent("agent1");
    assert_eq!(agent.list().await.unwrap().ok().unwrap().result, []);
    let odd = HttpRequest::get("/docker/list?x=%20y&z=a b").body("bödy");
    assert_eq!(agent.signed().send(odd).await.unwrap().status, 200);
    assert_eq!(net.evidence("violation").len(), 0);
}

#[tokio::test]
async fn each_part_of_a_signature_can_be_spoilt() {
    let net = with_agent().await;
    let agent = net.probes.agent("agent1");
    let signed = agent.signed();
    let request = || HttpRequest::get("/docker/list");
    let refused = async |signing: Signing| {
        let headers = signed.sign(&request(), &signing).unwrap();
        signed.send_with(request(), &headers).await.unwrap()
    };
    signed.send_unsigned(request()).await.unwrap().refused(ErrorCode::MissingSignature).unwrap();
    let other = Signing { secret: Some("another".into()), ..Signing::default() };
    refused(other).await.refused(ErrorCode::BadSignature).unwrap();
    let at = Some(OffsetDateTime::now_utc() - Duration::from_secs(60));
    let stale = Signing { at, ..Signing::default() };
    refused(stale).await.refused(ErrorCode::StaleTimestamp).unwrap();
    let headers = signed.sign(&request(), &Signing::default()).unwrap();
    let moved = HttpRequest::get("/docker/list?all=1");
    signed.send_with(moved, &headers).await.unwrap().refused(ErrorCode::BadSignature).unwrap();
    let nonce = Signing { nonce: Some([7; 16]), ..Signing::default() };
    assert_eq!(signed.sign(&request(), &nonce).unwrap().nonce, "07".repeat(16));
    assert_eq!(net.evidence("violation").len(), 0);
}
