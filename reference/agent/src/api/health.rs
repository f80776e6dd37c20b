//! `GET /api/v1/health`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use persys_contract::AgentHealth;

use super::Agent;

/// 200 when Docker answers within 2 s, else 503.
pub async fn health(State(agent): State<Agent>) -> (StatusCode, Json<AgentHealth>) {
    let (code, status, docker) = match agent.engine.ping().await {
        Ok(()) => (StatusCode::OK, "ok", "ok".to_owned()),
        Err(fault) => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", fault.to_string()),
    };
    let node_id = agent.node_id.to_string();
    (code, Json(AgentHealth { status: status.to_owned(), node_id, docker }))
}
