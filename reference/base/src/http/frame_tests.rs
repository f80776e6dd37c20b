use axum::{
    body::{Body, to_bytes},
    extract::Path,
    routing::{get, post},
};
use persys_contract::ErrorBody;
use tower::ServiceExt;

use super::*;
use crate::http::{LimitedBytes, StrictJson};

fn app() -> (Router, Metrics) {
    let metrics = Metrics::new("test").unwrap();
    let router = Router::new()
        .route("/things/{id}", get(async |Path(id): Path<u32>| id.to_string()))
        .route(
            "/id",
            get(async |id: RequestId| {
                assert_eq!(RequestId::current(), Some(id.clone()));
                id.as_str().to_owned()
            }),
        )
        .route("/panic", get(async || -> String { panic!("secret detail") }))
        .route(
            "/json",
            post(async |StrictJson(_): StrictJson<std::collections::BTreeMap<String, u8>>| "ok"),
        )
        .route("/bytes", post(async |LimitedBytes(bytes): LimitedBytes| bytes.len().to_string()))
        .merge(metrics.routes());
    (framed(router, &metrics), metrics)
}

async fn call(request: Request) -> (Response<()>, String) {
    let (parts, body) = app().0.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).unwrap())
}

fn request(method: &str, uri: &str, body: impl Into<Body>) -> Request {
    Request::builder().method(method).uri(uri).body(body.into()).unwrap()
}

#[tokio::test]
async fn every_refusal_is_json_with_its_code() {
    for (method, uri, body, status, code) in [
        ("GET", "/nowhere", "", 404, "not_found"),
        ("DELETE", "/id", "", 405, "method_not_allowed"),
        ("GET", "/things/x", "", 400, "bad_request"),
        ("GET", "/panic", "", 500, "internal"),
        ("POST", "/json", "{", 400, "invalid_json"),
    ] {
        let (response, text) = call(request(method, uri, body)).await;
        assert_eq!(response.status(), status, "{uri}");
        assert_eq!(response.headers()[SERVICE_NAME], "test", "{uri}");
        assert!(response.headers().contains_key(REQUEST_ID), "{uri}");
        let body: ErrorBody = serde_json::from_str(&text).unwrap();
        assert_eq!(body.code, code, "{uri}");
        assert!(!text.contains("secret detail"));
    }
    let (response, text) = call(request("POST", "/bytes", vec![0; (1 << 20) + 1])).await;
    assert_eq!(response.status(), 413);
    assert!(text.contains("too_large"));
}

#[tokio::test]
async fn the_caller_s_id_is_taken_over_if_it_is_acceptable() {
    let mut with_id = request("GET", "/id", "");
    with_id.headers_mut().insert(REQUEST_ID, "abc-1".parse().unwrap());
    let (response, text) = call(with_id).await;
    assert_eq!(
        (response.headers()[REQUEST_ID].as_bytes(), text.as_str()),
        (&b"abc-1"[..], "abc-1")
    );

    let mut too_long = request("GET", "/id", "");
    too_long.headers_mut().insert(REQUEST_ID, "x".repeat(129).parse().unwrap());
    let (response, text) = call(too_long).await;
    assert_eq!(text.len(), 36);
    assert_eq!(response.headers()[REQUEST_ID], text.as_str());
}

#[tokio::test]
async fn requests_are_counted_by_route_not_by_path() {
    let (app, metrics) = app();
    for path in ["/things/1", "/things/2", "/nowhere/1", "/nowhere/2"] {
        app.clone().oneshot(request("GET", path, "")).await.unwrap();
    }
    let text = metrics.text();
    assert!(text.contains(r#"route="/things/{id}",service="test",status="200"} 2"#), "{text}");
    assert!(text.contains(r#"route="unmatched",service="test",status="404"} 2"#), "{text}");
}
