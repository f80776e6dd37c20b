//! The mutual TLS listener: the contract's routes, forwarded (contract §3.1).

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post, put},
};
use persys_contract::Role;
use persys_reference_base::{Metrics, RoleGate, http::framed_around, require_role};

use super::{Context, GitHubContext, forward::forward, github::github_routes, health::health};

/// Clients and operators may call these; nothing else is forwarded. The routes
/// of the login with GitHub are not there unless it is configured.
pub fn mutual_routes(context: Context, github: Option<GitHubContext>, metrics: &Metrics) -> Router {
    let mut router = Router::new()
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
    if let Some(github) = github {
        router = router.merge(github_routes(github));
    }
    let gate = RoleGate::new(Role::SERVED_BY_GATEWAY, metrics);
    // Laid over everything: who may not call learns nothing of what there is.
    framed_around(router, metrics, |router| router.layer(from_fn_with_state(gate, require_role)))
}
