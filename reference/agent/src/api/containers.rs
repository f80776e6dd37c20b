//! The routes for containers that are there.

use axum::Json;
use axum::extract::{Path, State};
use persys_contract::{ContainerList, QueuedReply};
use persys_reference_base::http::ApiError;
use persys_reference_base::{defect, request_id};
use serde::Serialize;

use super::Agent;
use super::refusal::{of_action, of_docker};
use crate::workloads::ActionError;

/// The answer to `GET /docker/logs/{id}`.
#[derive(Debug, Serialize)]
pub struct Logs {
    /// The last 64 KiB of stdout and stderr.
    logs: String,
}

/// `GET /docker/list`.
pub async fn list(State(agent): State<Agent>) -> Result<Json<ContainerList>, ApiError> {
    let result = agent.workloads.list().await.map_err(of_docker)?;
    Ok(Json(ContainerList { result }))
}

/// `GET /docker/logs/{id}`.
pub async fn logs(
    State(agent): State<Agent>,
    Path(id): Path<String>,
) -> Result<Json<Logs>, ApiError> {
    let logs = agent.workloads.logs(&id).await.map_err(of_action)?;
    Ok(Json(Logs { logs }))
}

/// `POST /docker/start/{id}`; lets a paused container go on.
pub async fn start(
    State(agent): State<Agent>,
    Path(id): Path<String>,
) -> Result<Json<QueuedReply>, ApiError> {
    to_the_end("started", async move { agent.workloads.start(&id).await }).await
}

/// `POST /docker/stop/{id}`, and for a project `POST /compose/stop/{workloadId}`.
pub async fn stop(
    State(agent): State<Agent>,
    Path(id): Path<String>,
) -> Result<Json<QueuedReply>, ApiError> {
    to_the_end("stopped", async move { agent.workloads.stop(&id).await }).await
}

/// `DELETE /docker/{id}`.
pub async fn remove(
    State(agent): State<Agent>,
    Path(id): Path<String>,
) -> Result<Json<QueuedReply>, ApiError> {
    to_the_end("removed", async move { agent.workloads.remove(&id).await }).await
}

/// Carries an action out even if its caller goes away meanwhile.
async fn to_the_end(
    result: &str,
    action: impl Future<Output = Result<String, ActionError>> + Send + 'static,
) -> Result<Json<QueuedReply>, ApiError> {
    let ended = request_id::spawn(action).await;
    defect!("agent-knows-every-container" => if matches!(ended, Ok(Err(ActionError::NotFound))) {
        return Ok(Json(QueuedReply { result: result.to_owned(), workload_id: String::new() }));
    });
    match ended {
        Ok(Ok(workload_id)) => Ok(Json(QueuedReply { result: result.to_owned(), workload_id })),
        Ok(Err(error)) => Err(of_action(error)),
        Err(_) => Err(ApiError::internal()),
    }
}
