//! `POST /docker/run`.

use axum::Json;
use axum::extract::State;
use persys_contract::{DockerRun, QueuedReply};
use persys_reference_base::defect;
use persys_reference_base::http::{ApiError, StrictJson};

use super::Agent;
use super::outcome::answer;
use super::refusal::{of_docker, of_order};
use crate::docker::ContainerSpec;

/// Runs a workload, once however often it is asked.
pub async fn run(
    State(agent): State<Agent>,
    StrictJson(order): StrictJson<DockerRun>,
) -> Result<Json<QueuedReply>, ApiError> {
    let background = order.background;
    defect!("awaited-orders-refused" => if !background {
        return Err(ApiError::new(persys_contract::ErrorCode::Conflict, "it is there already"));
    });
    let spec = ContainerSpec::from_order(order, &agent.node_id).map_err(of_order)?;
    let workload_id = spec.workload_id.clone();
    let outcome = agent.workloads.order(spec).await.map_err(of_docker)?;
    answer(workload_id, background, outcome).await
}
