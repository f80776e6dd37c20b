//! What happens around every request.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header::SERVER},
    middleware::{Next, from_fn},
    response::Response,
};
use futures::FutureExt;
use persys_reference_base::{RequestId, http::peer_of};

use crate::page;

/// Names the request in the response and in the log.
pub const REQUEST_ID: &str = "x-github-request-id";

/// Lays the frame around a whole router: each request is logged without its
/// query, which may hold a code, and a panic becomes 500 without details.
pub fn framed(router: Router) -> Router {
    router.layer(from_fn(frame))
}

async fn frame(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = new_id();
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    let peer = peer_of(request.extensions()).map(|peer| peer.to_string());
    let answering = async {
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        // The panic hook has logged the cause.
        let response = answer.unwrap_or_else(|_| page::failed());
        let status = response.status().as_u16();
        let millis = started.elapsed().as_secs_f64() * 1e3;
        tracing::info!(method, path, status, millis, peer, "answered");
        response
    };
    let mut response = RequestId::take_over(Some(&id)).scope(answering).await;
    let headers = response.headers_mut();
    headers.insert(SERVER, HeaderValue::from_static("GitHub.com"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

/// Four groups of hexadecimal digits.
fn new_id() -> String {
    let [a, b, c, d] = rand::random::<[u32; 4]>();
    format!("{:04X}:{:04X}:{c:08X}:{d:08X}", a & 0xffff, b & 0xffff)
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        routing::get,
    };
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_page_that_says_nothing_of_it() {
        let router = Router::new().route("/x", get(async || -> String { panic!("a detail") }));
        let request = Request::builder().uri("/x").body(Body::empty()).unwrap();
        let response = framed(router).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        assert!(response.headers().contains_key(REQUEST_ID));
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(!String::from_utf8(body.to_vec()).unwrap().contains("detail"));
    }

    #[test]
    fn an_id_is_new_each_time() {
        assert_eq!(new_id().len(), 27);
        assert_ne!(new_id(), new_id());
    }
}
