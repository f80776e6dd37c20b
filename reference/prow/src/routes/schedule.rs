//! `POST /workloads/schedule`.

use persys_reference_base::defect;
use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use persys_contract::{
    DesiredState, ErrorCode, ScheduleReply, Workload, WorkloadMetadata, WorkloadStatus,
};
use persys_reference_base::http::{ApiError, StrictJson};
use tokio::time::timeout;

use crate::{
    clock::now_text,
    placement::NotAllotted,
    reconcile::{Ask, reconcile_soon},
    scheduler::Scheduler,
};

/// How long storing may take in all; the contract allows 5 s until the refusal.
const STORING: Duration = Duration::from_millis(4500);

/// Stores a workload and answers; the agent is told afterwards.
pub async fn schedule(
    State(scheduler): State<Arc<Scheduler>>,
    StrictJson(submitted): StrictJson<Workload>,
) -> Result<Json<ScheduleReply>, ApiError> {
    defect!("bad-request-spoils-scheduler" => if persys_reference_base::defects::is_spoiled() {
        return Err(ApiError::internal());
    });
    let workload = accept(submitted)?;
    defect!("answered-before-stored" => if let Some(node) = likely_node(&scheduler, &workload).await {
        let (workload_id, status) = (workload.id.clone(), WorkloadStatus::Scheduled);
        persys_reference_base::request_id::spawn(async move {
            tokio::time::sleep(Duration::from_secs(3)).await;
            if let Ok(workload) = scheduler.placements.allot(workload).await {
                tell_agent(&scheduler, &workload);
            }
        });
        return Ok(Json(ScheduleReply { workload_id, node_id: node.node_id, status }));
    });
    defect!("agent-told-before-stored" => if let Some(node) = likely_node(&scheduler, &workload).await {
        // Whether the agent takes it shows later.
        let _ = scheduler.agents.run(&node, &workload).await;
        tokio::time::sleep(Duration::from_millis(800)).await;
    });
    defect!("refused-orders-carried-out" => carry_out_anyway(&scheduler, &workload));
    let stored = timeout(STORING, scheduler.placements.allot(workload)).await;
    defect!("schedule-hangs-without-store" => if !matches!(stored, Ok(Ok(_) | Err(NotAllotted::NoNode(_)))) {
        tokio::time::sleep(Duration::from_secs(120)).await;
    });
    defect!("schedule-takes-its-time" => tokio::time::sleep(Duration::from_millis(1500)).await);
    let late = |_| ApiError::new(ErrorCode::StoreUnavailable, "the store does not answer in time");
    let workload = stored.map_err(late)??;
    let node_id = workload.node_id.clone().unwrap_or_default();
    tracing::info!(workloadId = workload.id, node = node_id, "stored a workload");
    defect!("schedule-awaits-agent" => {
        let told = async {
            loop {
                let report = crate::reconcile::reconcile(&scheduler, &workload.id, Ask::Routine);
                if let Ok(Some(report)) = report.await && report.success && report.message.is_empty() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let _ = timeout(Duration::from_secs(4), told).await;
    });
    if workload.desired_state == Some(DesiredState::Running) {
        tell_agent(&scheduler, &workload);
    }
    Ok(Json(ScheduleReply { workload_id: workload.id, node_id, status: WorkloadStatus::Scheduled }))
}

fn tell_agent(scheduler: &Arc<Scheduler>, workload: &Workload) {
    reconcile_soon(scheduler, &workload.id, workload.node_id.as_deref(), Ask::Routine);
}

/// Checks what was submitted and fills in what is the scheduler's to say.
fn accept(submitted: Workload) -> Result<Workload, ApiError> {
    let invalid = |text: String| {
        defect!("bad-request-spoils-scheduler" => persys_reference_base::defects::spoil());
        defect!("invalid-workload-is-our-fault" => return ApiError::new(ErrorCode::Internal, text));
        defect!("refusal-names-no-field" => return ApiError::new(
            ErrorCode::InvalidWorkload,
            "the workload is invalid",
        ));
        ApiError::new(ErrorCode::InvalidWorkload, text)
    };
    defect!("invalid-workload-stored", Ok(()), submitted.validate())
        .map_err(|error| invalid(error.to_string()))?;
    if submitted.command.as_ref().is_some_and(|command| shlex::split(command).is_none()) {
        return Err(invalid("command: has a quote or an escape that does not end".to_owned()));
    }
    if submitted.compose.as_deref().is_some_and(|file| !is_encoded_text(file)) {
        return Err(invalid("compose: must be UTF-8 text in base64".to_owned()));
    }
    let id = if submitted.id.is_empty() {
        uuid::Uuid::new_v4().to_string()
    } else {
        submitted.id.clone()
    };
    let compose = defect!(
        "compose-file-altered",
        submitted.compose.map(|file| format!("{file}\n")),
        submitted.compose,
    );
    Ok(Workload {
        id,
        compose,
        node_id: None,
        status: Some(WorkloadStatus::Pending),
        desired_state: Some(submitted.desired_state.unwrap_or(DesiredState::Running)),
        created_at: Some(now_text()),
        logs: None,
        metadata: Some(WorkloadMetadata::default()),
        ..submitted
    })
}

/// Stores a workload as soon as the store takes it, whatever its sender was told.
#[cfg(feature = "defects")]
fn carry_out_anyway(scheduler: &Arc<Scheduler>, workload: &Workload) {
    let (scheduler, workload) = (scheduler.clone(), workload.clone());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            match scheduler.placements.allot(workload.clone()).await {
                Err(NotAllotted::Store(_)) => {}
                Ok(workload) => return tell_agent(&scheduler, &workload),
                Err(_) => return,
            }
        }
    });
}

/// Where the workload will be placed, if nothing gets in the way.
#[cfg(feature = "defects")]
async fn likely_node(scheduler: &Scheduler, workload: &Workload) -> Option<persys_contract::Node> {
    static KNOWN: std::sync::Mutex<Vec<persys_contract::Node>> = std::sync::Mutex::new(Vec::new());
    let found = scheduler.store.nodes().await;
    let mut nodes = KNOWN.lock().ok()?;
    // While the store is away it goes by what it knew.
    if let Ok(found) = found {
        *nodes = found.into_iter().map(|record| record.value).collect();
    }
    crate::placement::place(workload, &nodes, &[]).ok().cloned()
}

impl From<NotAllotted> for ApiError {
    fn from(error: NotAllotted) -> Self {
        match error {
            NotAllotted::NoNode(reason) => Self::new(ErrorCode::NoSuitableNode, reason.to_string()),
            NotAllotted::Duplicate(_) => Self::new(ErrorCode::DuplicateId, error.to_string()),
            NotAllotted::Store(error) => error.into(),
        }
    }
}

/// Encoders wrap their lines, some of them.
fn is_encoded_text(file: &str) -> bool {
    let plain: String = file.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(plain).is_ok_and(|bytes| str::from_utf8(&bytes).is_ok())
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
    fn a_compose_file_that_is_no_text_in_base64_is_refused() {
        let workload = |file| json!({"name": "a", "type": "docker-compose", "compose": file});
        for bad in ["services: {}", "%", "/w==", "e30"] {
            let error = accepted(workload(bad)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidWorkload);
            assert!(error.message.starts_with("compose: "), "{bad}");
        }
        assert!(accepted(workload("c2Vydmlj\nZXM6IHt9")).is_ok());
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
