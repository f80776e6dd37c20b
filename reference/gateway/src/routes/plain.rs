//! The plain listener: who this is, whether it works, and its metrics (contract §1).

use axum::{Json, Router, routing::get};
use persys_reference_base::{Metrics, defect, http::framed};
use serde_json::json;

use super::{Context, health::health};
use crate::SERVICE;

pub fn plain_routes(context: Context, metrics: &Metrics) -> Router {
    let router = Router::new().route("/", get(about)).route("/health", get(health));
    let router = defect!(
        "gateway-takes-plain-orders",
        router.route("/workloads/schedule", axum::routing::post(super::forward::forward)),
        router
    )
    .with_state(context)
    .merge(metrics.routes());
    framed(router, metrics)
}

async fn about() -> Json<serde_json::Value> {
    Json(json!({
        "service": SERVICE,
        "version": env!("CARGO_PKG_VERSION"),
        "message": "the platform is served over mutual TLS; here are /health and /metrics",
    }))
}
