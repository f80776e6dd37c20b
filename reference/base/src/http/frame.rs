//! What happens around every request of every service.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use persys_contract::{ErrorCode, REQUEST_ID, SERVICE_NAME};

use super::{ApiError, Verbatim, peer_of};
#[cfg(feature = "defects")]
use crate::defects;
use crate::{Metrics, RequestId, defect};

/// Closes a service's router: unknown routes and methods are refused in JSON, a
/// panic becomes 500 without details, every response bears the service's name
/// and the request's id, and every request is logged and measured by its route.
/// Call it last.
pub fn framed(router: Router, metrics: &Metrics) -> Router {
    framed_around(router, metrics, |router| router)
}

/// The same with something laid in between that even unknown routes and methods
/// are behind: a role's gate, say.
pub fn framed_around(
    router: Router,
    metrics: &Metrics,
    between: impl FnOnce(Router) -> Router,
) -> Router {
    let closed = router
        .method_not_allowed_fallback(async || {
            ApiError::new(ErrorCode::MethodNotAllowed, "this route does not serve this method")
        })
        .fallback(async || ApiError::not_found("there is no such route"));
    between(closed).layer(from_fn_with_state(metrics.clone(), frame))
}

async fn frame(State(metrics): State<Metrics>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let id = RequestId::take_over(given);
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", requestId = id.as_str());
    let method = known_method(request.method());
    let path = request.uri().path().to_owned();
    let route = match request.extensions().get::<MatchedPath>() {
        Some(matched) => matched.as_str().to_owned(),
        None => "unmatched".to_owned(),
    };
    let peer = peer_of(request.extensions()).map(|peer| peer.to_string());

    let answering = async {
        defect!("gateway-leaks-memory" => defects::leak_memory(64 << 10));
        defect!("gateway-leaks-descriptors" => defects::leak_descriptor());
        defect!("scheduler-leaks-tasks" => defects::leak_task(64 << 10));
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        // The panic hook has logged the cause under the request's id.
        let response = answer.unwrap_or_else(|_| ApiError::internal().into_response());
        let response = in_json(response);
        let took = started.elapsed();
        let status = response.status().as_u16();
        metrics.count_request(method, &route, status, took);
        let millis = took.as_secs_f64() * 1e3;
        defect!("refusals-kept" => if status >= 400 {
            defects::leak_memory(4 << 20);
        });
        let code = response.extensions().get::<ErrorCode>().map(|code| code.as_str());
        if matches!(route.as_str(), "/health" | "/metrics" | "/api/v1/health") {
            tracing::debug!(method, path, status, millis, peer, code, "answered");
        } else {
            tracing::info!(method, path, status, millis, peer, code, "answered");
        }
        response
    };
    let mut response = id.clone().scope_in(span, answering).await;

    defect!("service-not-named" => return response);
    let headers = response.headers_mut();
    headers.insert(SERVICE_NAME, HeaderValue::from_static(metrics.service()));
    // An acceptable id is printable ASCII, which every header takes.
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

/// Keeps callers from making up label values.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// Replaces the plain text with which extractors and the router refuse.
fn in_json(response: Response) -> Response {
    let status = response.status();
    let error = status.is_client_error() || status.is_server_error();
    let json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if !error || json || response.extensions().get::<Verbatim>().is_some() {
        return response;
    }
    let (code, message) = match status {
        StatusCode::NOT_FOUND => (ErrorCode::NotFound, "there is no such route"),
        StatusCode::METHOD_NOT_ALLOWED => {
            (ErrorCode::MethodNotAllowed, "this route does not serve this method")
        }
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::TooLarge, "the body is too large"),
        _ if status.is_client_error() => {
            (ErrorCode::BadRequest, "the request cannot be understood")
        }
        _ => return ApiError::internal().into_response(),
    };
    let allow = response.headers().get("allow").cloned();
    let mut shaped = ApiError::new(code, message).into_response();
    if let Some(allow) = allow {
        shaped.headers_mut().insert("allow", allow);
    }
    shaped
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
