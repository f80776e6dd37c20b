//! Lets in who shows the admin token.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header::AUTHORIZATION},
    middleware::Next,
    response::{IntoResponse, Response},
};
use persys_reference_base::Secret;
use serde_json::json;

pub async fn gate(State(token): State<Arc<Secret>>, request: Request, next: Next) -> Response {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = header.and_then(|value| value.strip_prefix("Bearer "));
    if given.is_some_and(|given| token.is(given)) {
        return next.run(request).await;
    }
    tracing::warn!(reason = "bad_admin_token", "refused a test's request");
    refusal(StatusCode::UNAUTHORIZED, "the admin token is needed as a bearer token")
}

/// A refusal of this interface's.
pub fn refusal(status: StatusCode, message: impl Into<String>) -> Response {
    (status, Json(json!({ "message": message.into() }))).into_response()
}
