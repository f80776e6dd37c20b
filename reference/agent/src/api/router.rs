//! The routes, and who may use them.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, delete, get, post};
use persys_reference_base::Metrics;
use persys_reference_base::http::ApiError;
use persys_reference_base::signature::{SignatureCheck, require_signature};

use super::gate::require_docker;
use super::{Agent, compose, containers, health, run};

/// All routes. Only `/metrics` and `/api/v1/health` may be asked without a signature; even that
/// a route does not exist is told to signed requests only.
pub fn router(agent: Agent, check: Arc<SignatureCheck>, metrics: &Metrics) -> Router {
    let signed = Router::new()
        .route("/docker/run", post(run::run))
        .route("/docker/list", get(containers::list))
        .route("/docker/logs/{id}", get(containers::logs))
        .route("/docker/start/{id}", post(containers::start))
        .route("/docker/stop/{id}", post(containers::stop))
        .route("/docker/{id}", delete(containers::remove))
        .route("/compose/run", post(compose::run))
        .route("/compose/clone", post(compose::clone))
        .route("/compose/stop/{id}", post(containers::stop))
        .layer(from_fn_with_state(agent.clone(), require_docker))
        .route("/", any(no_route))
        .route("/{*rest}", any(no_route))
        .layer(from_fn_with_state(check, require_signature));
    Router::new()
        .route("/api/v1/health", get(health::health))
        .merge(signed)
        .with_state(agent)
        .merge(metrics.routes())
}

async fn no_route() -> ApiError {
    ApiError::not_found("there is no such route")
}
