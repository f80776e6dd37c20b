//! The contract's routes (§3.1, §3.2).

mod cluster;
mod health;
mod node_signals;
mod nodes;
mod query;
mod reconciliation;
mod schedule;
mod workloads;

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post, put},
};
use persys_contract::Role;
use persys_reference_base::{
    Metrics, RoleGate, defect,
    http::{framed, framed_around},
    require_role,
    signature::{SignatureCheck, require_signature},
};

use crate::scheduler::Scheduler;

/// What the mutual TLS listener serves.
pub fn secure(scheduler: Arc<Scheduler>, metrics: &Metrics) -> Router {
    let routes = Router::new()
        .route("/workloads/schedule", post(schedule::schedule))
        .route("/workloads", get(workloads::list))
        .route("/workloads/{id}", get(workloads::show).delete(workloads::delete))
        .route("/workloads/{id}/desired-state", put(workloads::set_desired_state))
        .route("/workloads/{id}/reconcile", post(reconciliation::one))
        .route("/reconciliation/stats", get(reconciliation::stats))
        .route("/reconciliation/trigger", post(reconciliation::trigger))
        .route("/nodes", get(nodes::list))
        .route("/cluster/metrics", get(cluster::metrics))
        .route("/health", get(health::health))
        .with_state(scheduler);
    let gate = RoleGate::new(Role::SERVED_BY_SCHEDULER, metrics);
    // Laid over everything: who may not call learns nothing of what there is.
    framed_around(routes, metrics, |router| router.layer(from_fn_with_state(gate, require_role)))
}

/// What the plain listener serves.
pub fn plain(scheduler: Arc<Scheduler>, check: Arc<SignatureCheck>, metrics: &Metrics) -> Router {
    let routes = Router::new()
        .route("/nodes/register", post(node_signals::register))
        .route("/nodes/heartbeat", post(node_signals::beat))
        .route_layer(from_fn_with_state(check, require_signature))
        .route("/health", get(health::health));
    let routes = defect!(
        "scheduler-takes-plain-deletions",
        routes.route("/workloads/{id}", axum::routing::delete(workloads::delete)),
        routes
    )
    .with_state(scheduler)
    .merge(metrics.routes());
    framed(routes, metrics)
}
