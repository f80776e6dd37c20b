use std::future::IntoFuture;

use axum::{Router, extract::RawQuery, middleware::from_fn_with_state, routing::post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::{
    Metrics,
    http::{ApiError, StrictJson, framed},
    signature::{SignatureCheck, require_signature},
};

async fn server() -> String {
    let metrics = Metrics::new("test").unwrap();
    let check =
        SignatureCheck::new(SignatureKey::new("test-secret"), Duration::from_secs(30), &metrics);
    let echo =
        async |RawQuery(query): RawQuery, id: RequestId, StrictJson(body): StrictJson<Value>| {
            axum::Json(json!({"query": query, "id": id.as_str(), "body": body}))
        };
    let router = Router::new()
        .route("/echo", post(echo).get(async || ApiError::not_found("there is no such thing")))
        .route("/slow", post(async || std::future::pending::<String>().await))
        .route_layer(from_fn_with_state(check, require_signature));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, framed(router, &metrics)).into_future());
    address
}

fn client(secret: &str) -> SignedClient {
    SignedClient::new(SignatureKey::new(secret), Duration::from_millis(500)).unwrap()
}

#[tokio::test]
async fn what_is_sent_is_what_was_signed_and_the_id_goes_along() {
    let base = server().await;
    let call = async {
        let body = json!({"n": "münchen"});
        let reply = client("test-secret").post(&base, "/echo?x=a b&y=ü", &body).await.unwrap();
        reply.json::<Value>().unwrap()
    };
    let echoed = RequestId::take_over(Some("abc-1")).scope(call).await;
    assert_eq!(
        echoed,
        json!({"query": "x=a%20b&y=%C3%BC", "id": "abc-1", "body": {"n": "münchen"}})
    );
}

#[tokio::test]
async fn each_failure_says_what_happened() {
    let base = server().await;
    let error = client("other").get(&base, "/echo").await.unwrap_err();
    assert!(
        matches!(&error, CallError::Refused { status: 401, code, .. } if code == "bad_signature")
    );
    let error = client("test-secret").get(&base, "/echo").await.unwrap_err();
    assert_eq!((error.status(), error.message().as_str()), (Some(404), "there is no such thing"));
    let error = client("test-secret").post_empty(&base, "/slow").await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut { .. }), "{error}");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = client("test-secret").get(&format!("http://{closed}"), "/").await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }), "{error}");
    assert!(error.message().contains("refused"), "{error}");
}
