//! Deliveries of webhooks.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{body::Body, gate::refusal};
use crate::{GitHub, webhooks::Order};

/// `POST /_test/webhooks`: 201 with the delivery, however it ended.
pub async fn deliver(State(github): State<GitHub>, Body(order): Body<Order>) -> Response {
    match github.webhooks.deliver(order).await {
        Ok(delivery) => (StatusCode::CREATED, Json(delivery)).into_response(),
        Err(error) => refusal(StatusCode::UNPROCESSABLE_ENTITY, format!("failed to {error}")),
    }
}

/// `POST /_test/webhooks/{id}/redeliver`: 201 with the new delivery.
pub async fn redeliver(State(github): State<GitHub>, Path(id): Path<u64>) -> Response {
    match github.webhooks.redeliver(id).await {
        Some(delivery) => (StatusCode::CREATED, Json(delivery)).into_response(),
        None => unknown(),
    }
}

/// `GET /_test/webhooks`: the last ones, newest first.
pub async fn list(State(github): State<GitHub>) -> Response {
    Json(github.webhooks.list()).into_response()
}

/// `GET /_test/webhooks/{id}`: one with its request and response.
pub async fn show(State(github): State<GitHub>, Path(id): Path<u64>) -> Response {
    match github.webhooks.find(id) {
        Some(delivery) => Json(delivery).into_response(),
        None => unknown(),
    }
}

fn unknown() -> Response {
    refusal(StatusCode::NOT_FOUND, "failed to find the delivery")
}
