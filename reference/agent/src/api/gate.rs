//! Asks Docker whether it is there before anything is asked of it.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use persys_contract::ErrorCode;
use persys_reference_base::http::ApiError;

use super::Agent;
use super::refusal::of_docker;

/// Answers 503 `docker_unavailable` within 2 s when Docker is away or hangs, however long the
/// request itself might take.
pub async fn require_docker(
    State(agent): State<Agent>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if !agent.watch.state().opened {
        return Err(ApiError::new(ErrorCode::DockerUnavailable, "docker has not answered yet"));
    }
    agent.engine.ping().await.map_err(of_docker)?;
    Ok(next.run(request).await)
}
