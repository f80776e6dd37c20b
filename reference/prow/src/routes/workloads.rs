//! Looking at workloads, and wishing them otherwise.

use persys_reference_base::defect;
use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use persys_contract::{DesiredState, DesiredStateChange, Workload};
use persys_reference_base::http::{ApiError, StrictJson};
use serde_json::{Value, json};

use super::query::WorkloadFilter;
use crate::{
    reconcile::{Ask, reconcile_soon},
    scheduler::Scheduler,
    store::Changed,
};

/// `GET /workloads`.
pub async fn list(
    State(scheduler): State<Arc<Scheduler>>,
    Query(filter): Query<WorkloadFilter>,
) -> Result<Json<Vec<Workload>>, ApiError> {
    let records = scheduler.store.workloads().await?;
    defect!("list-slows-with-workloads" => {
        let pause = std::time::Duration::from_millis(300) * u32::try_from(records.len()).unwrap_or(0);
        tokio::time::sleep(pause).await;
    });
    let shown = records.into_iter().map(|record| record.value).filter(|w| filter.accepts(w));
    Ok(Json(shown.map(without_secrets).collect()))
}

/// `GET /workloads/{id}`.
pub async fn show(
    State(scheduler): State<Arc<Scheduler>>,
    Path(id): Path<String>,
) -> Result<Json<Workload>, ApiError> {
    let record = scheduler.store.workload(&id).await?.ok_or_else(absent)?;
    defect!("node-not-shown" => return Ok(Json(without_secrets(Workload {
        node_id: None,
        ..record.value
    }))));
    Ok(Json(without_secrets(record.value)))
}

/// `DELETE /workloads/{id}`.
pub async fn delete(
    State(scheduler): State<Arc<Scheduler>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let wanted = defect!("delete-only-stops", DesiredState::Stopped, DesiredState::Deleted);
    wish(&scheduler, &id, wanted).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({"workloadId": id, "desiredState": "Deleted"}))))
}

/// `PUT /workloads/{id}/desired-state`.
pub async fn set_desired_state(
    State(scheduler): State<Arc<Scheduler>>,
    Path(id): Path<String>,
    StrictJson(change): StrictJson<DesiredStateChange>,
) -> Result<Json<Workload>, ApiError> {
    defect!("unknown-workload-wished" => if scheduler.store.workload(&id).await?.is_none() {
        return Ok(Json(Workload::default()));
    });
    wish(&scheduler, &id, change.desired_state).await.map(without_secrets).map(Json)
}

/// Writes a wish down and has it fulfilled at once, in the background.
async fn wish(
    scheduler: &Arc<Scheduler>,
    id: &str,
    desired: DesiredState,
) -> Result<Workload, ApiError> {
    let mut deleting = false;
    let change = |workload: &mut Workload| {
        let before = workload.desired_state;
        deleting = before == Some(DesiredState::Deleted);
        // What is being deleted does not come back.
        let altered = !deleting && before != Some(desired);
        if altered {
            workload.desired_state = Some(desired);
            if desired == DesiredState::Deleted {
                // Nobody will fetch it again.
                workload.git_token = None;
            }
        }
        altered
    };
    let changed = scheduler.store.change_workload(id, change).await?;
    if let Changed::Done(_) = changed {
        tracing::info!(workloadId = id, %desired, "a workload's desired state changed");
    }
    let record = changed.record().ok_or_else(absent)?;
    if deleting && desired != DesiredState::Deleted {
        return Err(ApiError::not_found("the workload is being deleted"));
    }
    reconcile_soon(scheduler, id, record.value.node_id.as_deref(), Ask::ByHand);
    Ok(record.value)
}

fn absent() -> ApiError {
    ApiError::not_found("there is no workload with this id")
}

/// As it may be shown: without the token that was given to fetch it.
fn without_secrets(workload: Workload) -> Workload {
    defect!("git-token-shown" => return workload);
    Workload { git_token: None, ..workload }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_never_shown() {
        let workload = Workload { git_token: Some("s3cret".to_owned()), ..Workload::default() };
        let shown = serde_json::to_string(&without_secrets(workload)).unwrap();
        assert!(!shown.contains("s3cret") && !shown.contains("gitToken"), "{shown}");
    }
}
