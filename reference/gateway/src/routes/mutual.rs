//! The mutual TLS listener: the contract's routes, forwarded (contract §3.1).

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post, put},
};
use persys_contract::Role;
use persys_reference_base::{Metrics, RoleGate, http::framed_around, require_role};

use super::{Context, forward::forward, health::health};

/// Clients and operators may call these; nothing else is forwarded.
pub fn mutual_routes(context: Context, metrics: &Metrics) -> Router {
    let router = Router::new()
        .route("/workloads/schedule", post(forward))
        .route("/workloads", get(forward))
        .route("/workloads/{id}", get(forward).delete(forward))
        .route("/workloads/{id}/desired-state", put(forward))
        .route("/workloads/{id}/reconcile", post(forward))
        .route("/reconciliation/stats", get(forward))
        .route("/reconciliation/trigger", post(forward))
        .route("/nodes", get(forward))
        .route("/cluster/metrics", get(forward))
        .route("/health", get(health))
        .with_state(context);
    let gate = RoleGate::new(Role::SERVED_BY_GATEWAY, metrics);
    // Laid over everything: who may not call learns nothing of what there is.
    framed_around(router, metrics, |router| router.layer(from_fn_with_state(gate, require_role)))
}
