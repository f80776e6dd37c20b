//! `POST /workloads/schedule`.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use persys_contract::{
    DesiredState, ErrorCode, Node, ScheduleReply, Workload, WorkloadMetadata, WorkloadStatus,
};
use persys_reference_base::{
    http::{ApiError, StrictJson},
    request_id,
};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    clock::now_text,
    placement::place,
    reconcile::{Ask, reconcile_soon},
    scheduler::Scheduler,
    store::{Created, StoreError},
};

/// How long storing may take in all; the contract allows 5 s until the refusal.
const STORING: Duration = Duration::from_millis(4500);
/// For how long a record is looked for whose storing was not confirmed.
const TAKING_BACK: Duration = Duration::from_secs(60);
const TAKING_BACK_POLL: Duration = Duration::from_secs(1);

/// Stores a workload and answers; the agent is told afterwards.
pub async fn schedule(
    State(scheduler): State<Arc<Scheduler>>,
    StrictJson(submitted): StrictJson<Workload>,
) -> Result<Json<ScheduleReply>, ApiError> {
    let workload = accept(submitted)?;
    let stored = timeout(STORING, store(&scheduler, workload)).await;
    let late = |_| ApiError::new(ErrorCode::StoreUnavailable, "the store does not answer in time");
    let workload = stored.map_err(late)??;
    let node_id = workload.node_id.clone().unwrap_or_default();
    tracing::info!(workloadId = workload.id, node = node_id, "stored a workload");
    if workload.desired_state == Some(DesiredState::Running) {
        reconcile_soon(&scheduler, &workload.id, Ask::Routine);
    }
    Ok(Json(ScheduleReply { workload_id: workload.id, node_id, status: WorkloadStatus::Scheduled }))
}

/// Checks what was submitted and fills in what is the scheduler's to say.
fn accept(submitted: Workload) -> Result<Workload, ApiError> {
    let invalid = |text: String| ApiError::new(ErrorCode::InvalidWorkload, text);
    submitted.validate().map_err(|error| invalid(error.to_string()))?;
    if submitted.command.as_ref().is_some_and(|command| shlex::split(command).is_none()) {
        return Err(invalid("command: has a quote or an escape that does not end".to_owned()));
    }
    let id = if submitted.id.is_empty() {
        uuid::Uuid::new_v4().to_string()
    } else {
        submitted.id.clone()
    };
    Ok(Workload {
        id,
        node_id: None,
        status: Some(WorkloadStatus::Pending),
        desired_state: Some(submitted.desired_state.unwrap_or(DesiredState::Running)),
        created_at: Some(now_text()),
        logs: None,
        metadata: Some(WorkloadMetadata::default()),
        ..submitted
    })
}

/// Chooses a node and stores the workload, as one step against all others that
/// do the same with the same resources.
async fn store(scheduler: &Arc<Scheduler>, mut workload: Workload) -> Result<Workload, ApiError> {
    let asks = workload.resources.is_some_and(|r| r.cpu > 0.0 || r.memory > 0);
    let _placing = if asks { Some(scheduler.placing.lock().await) } else { None };
    loop {
        let fence = if asks { Some(scheduler.store.placement_fence().await?) } else { None };
        let (workloads, nodes) =
            tokio::try_join!(scheduler.store.workloads(), scheduler.store.nodes())?;
        if workloads.iter().any(|record| record.value.id == workload.id) {
            return Err(duplicate(&workload.id));
        }
        let placed: Vec<_> = workloads.iter().map(|record| &record.value).collect();
        let nodes: Vec<Node> = nodes.into_iter().map(|record| record.value).collect();
        let node = place(&workload, &nodes, &placed)
            .map_err(|reason| ApiError::new(ErrorCode::NoSuitableNode, reason.to_string()))?;
        workload.node_id = Some(node.node_id.clone());
        match create(scheduler, &workload, fence).await? {
            Created::Done => return Ok(workload),
            Created::Duplicate => return Err(duplicate(&workload.id)),
            Created::Overtaken => {}
        }
    }
}

fn duplicate(id: &str) -> ApiError {
    ApiError::new(ErrorCode::DuplicateId, format!("there is a workload {id} already"))
}

/// Stores the record. When the store does not confirm it, it may have been stored
/// all the same: it is taken back then, as the caller is told that it is not there.
async fn create(
    scheduler: &Arc<Scheduler>,
    workload: &Workload,
    fence: Option<i64>,
) -> Result<Created, StoreError> {
    let unconfirmed = Unconfirmed { scheduler, workload, open: true };
    let created = scheduler.store.create_workload(workload, fence).await;
    unconfirmed.settle(matches!(created, Err(StoreError::Unavailable(_))));
    created
}

/// Takes a record back when its storing is broken off or not confirmed.
struct Unconfirmed<'a> {
    scheduler: &'a Arc<Scheduler>,
    workload: &'a Workload,
    open: bool,
}

impl Unconfirmed<'_> {
    fn settle(mut self, unconfirmed: bool) {
        self.open = unconfirmed;
    }
}

impl Drop for Unconfirmed<'_> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let (scheduler, workload) = (self.scheduler.clone(), self.workload.clone());
        request_id::spawn(async move {
            // The store may carry out late what it was sent: one look is not enough.
            let end = Instant::now() + TAKING_BACK;
            while Instant::now() < end {
                match scheduler.store.take_back_workload(&workload).await {
                    Ok(true) => {
                        tracing::warn!(workloadId = workload.id, "took an unconfirmed record back");
                        return;
                    }
                    Ok(false) | Err(_) => sleep(TAKING_BACK_POLL).await,
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepted(value: serde_json::Value) -> Result<Workload, ApiError> {
        accept(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn what_is_the_scheduler_s_to_say_is_not_taken_over() {
        let workload = accepted(json!({
            "name": "a", "type": "docker-container", "image": "web:1", "nodeId": "agent9",
            "status": "Running", "createdAt": "never", "logs": "forged",
            "metadata": {"reconciliationRetryCount": 7},
        }))
        .unwrap();
        assert_eq!(workload.node_id, None);
        assert_eq!(workload.status, Some(WorkloadStatus::Pending));
        assert_eq!(workload.desired_state, Some(DesiredState::Running));
        assert_ne!(workload.created_at.as_deref(), Some("never"));
        assert_eq!((workload.logs, workload.metadata), (None, Some(WorkloadMetadata::default())));
        assert_eq!(workload.id.len(), 36);
    }

    #[test]
    fn a_command_that_no_shell_could_read_is_refused() {
        let good = json!({"name": "a", "type": "docker-container", "image": "web:1"});
        let mut bad = good.clone();
        bad["command"] = json!("echo 'open");
        let error = accepted(bad).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidWorkload);
        assert!(error.message.starts_with("command: "));
        let mut fine = good;
        fine["command"] = json!("sh -c 'echo \"a b\"; sleep 1'");
        assert!(accepted(fine).is_ok());
    }
}
