//! Asks Docker whether it is there before anything is asked of it.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use persys_contract::ErrorCode;
use persys_reference_base::defect;
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
    #[cfg(feature = "defects")]
    let begun = std::time::Instant::now();
    let answered = agent.engine.ping().await;
    defect!("slow-starts-doubled" => if begun.elapsed() > std::time::Duration::from_millis(300) {
        persys_reference_base::defects::spoil();
    });
    answered.map_err(of_docker)?;
    defect!("agent-deaf-for-good" => if persys_reference_base::defects::is_spoiled() {
        return Err(ApiError::internal());
    });
    Ok(next.run(request).await)
}
