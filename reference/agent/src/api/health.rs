//! `GET /api/v1/health`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use persys_contract::{AgentHealth, ErrorBody, ErrorCode};
use persys_reference_base::defect;
use serde::Serialize;

use super::Agent;

/// A refusal like every other that tells of the agent's health besides.
#[derive(Serialize)]
struct Unhealthy {
    #[serde(flatten)]
    health: AgentHealth,
    #[serde(flatten)]
    refusal: ErrorBody,
}

/// 200 when Docker answers within 2 s, else 503.
pub async fn health(State(agent): State<Agent>) -> Response {
    let node_id = agent.node_id.to_string();
    let pinged = agent.engine.ping().await;
    let Err(fault) = defect!("health-without-docker", Ok(()), pinged) else {
        let (status, docker) = ("ok".to_owned(), "ok".to_owned());
        return Json(AgentHealth { status, node_id, docker }).into_response();
    };
    let refusal = ErrorBody::new(ErrorCode::DockerUnavailable, fault.to_string());
    let health = AgentHealth { status: "unhealthy".to_owned(), node_id, docker: fault.to_string() };
    (axum::http::StatusCode::SERVICE_UNAVAILABLE, Json(Unhealthy { health, refusal }))
        .into_response()
}
