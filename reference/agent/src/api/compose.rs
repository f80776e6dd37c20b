//! The routes for compose projects.

use axum::Json;
use axum::extract::State;
use persys_contract::{ComposeClone, ComposeRun, QueuedReply};
use persys_reference_base::{
    defect,
    http::{ApiError, StrictJson},
};

use super::Agent;
use super::outcome::answer;
use super::refusal::of_order;
use crate::compose::ProjectSpec;

/// `POST /compose/run`: a project in a folder of the node, or a compose file that is sent along.
pub async fn run(
    State(agent): State<Agent>,
    StrictJson(order): StrictJson<ComposeRun>,
) -> Result<Json<QueuedReply>, ApiError> {
    let background = order.background;
    let spec = ProjectSpec::from_run(order, &agent.node_id).map_err(of_order)?;
    bring_up(&agent, spec, background).await
}

/// `POST /compose/clone`: a project in a Git repository.
pub async fn clone(
    State(agent): State<Agent>,
    StrictJson(order): StrictJson<ComposeClone>,
) -> Result<Json<QueuedReply>, ApiError> {
    let background = order.background;
    defect!("git-token-logged" => tracing::info!(token = order.auth_token, "clones a repository"));
    let spec = ProjectSpec::from_clone(order, &agent.node_id).map_err(of_order)?;
    bring_up(&agent, spec, background).await
}

/// Brings a project up, once however often it is asked; what it has lost is made again.
async fn bring_up(
    agent: &Agent,
    spec: ProjectSpec,
    background: bool,
) -> Result<Json<QueuedReply>, ApiError> {
    let workload_id = spec.workload_id.clone();
    defect!("one-project-alone" => {
        use persys_reference_base::defects::{is_marked, is_spoiled, mark, spoil};
        if !is_spoiled() {
            mark(&workload_id);
            spoil();
        }
        if !is_marked(&workload_id) {
            return Err(ApiError::new(persys_contract::ErrorCode::Conflict, "there is a project"));
        }
    });
    answer(workload_id, background, agent.workloads.order_project(spec)).await
}
