//! `POST /docker/run`.

use axum::Json;
use axum::extract::State;
use persys_contract::{DockerRun, ErrorCode, QueuedReply};
use persys_reference_base::http::{ApiError, StrictJson};

use super::Agent;
use super::refusal::{of_docker, of_order};
use crate::docker::ContainerSpec;
use crate::workloads::Ended;

/// Runs a workload, once however often it is asked. Answers `queued` at once when the order is
/// `async`; else when the container has started (`started`) or was found there (`exists`).
pub async fn run(
    State(agent): State<Agent>,
    StrictJson(order): StrictJson<DockerRun>,
) -> Result<Json<QueuedReply>, ApiError> {
    let background = order.background;
    let spec = ContainerSpec::from_order(order, &agent.node_id).map_err(of_order)?;
    let workload_id = spec.workload_id.clone();
    let mut outcome = agent.workloads.order(spec).await.map_err(of_docker)?;
    let reply = |result: &str| {
        Ok(Json(QueuedReply { result: result.to_owned(), workload_id: workload_id.clone() }))
    };
    if background {
        return reply("queued");
    }
    let ended = match outcome.wait_for(Option::is_some).await {
        Ok(ended) => ended.clone(),
        Err(_) => None,
    };
    match ended {
        Some(Ended::Started) => reply("started"),
        Some(Ended::Existed) => reply("exists"),
        Some(Ended::Failed(fault)) => Err(of_docker(fault)),
        Some(Ended::Cancelled) => Err(ApiError::new(
            ErrorCode::Conflict,
            "the workload was removed before its container had started",
        )),
        None => Err(ApiError::internal()),
    }
}
