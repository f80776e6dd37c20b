//! `GET /health`: 200 while the store answers, else 503.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use crate::scheduler::Scheduler;

pub async fn health(State(scheduler): State<Arc<Scheduler>>) -> (StatusCode, Json<Value>) {
    let (code, status, store) = match scheduler.store.leader().await {
        Ok(_) => (StatusCode::OK, "healthy", "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", "unavailable"),
    };
    let body = json!({
        "status": status,
        "service": "prow-scheduler",
        "instance": scheduler.instance,
        "leader": scheduler.leadership.holds(),
        "store": store,
    });
    (code, Json(body))
}
