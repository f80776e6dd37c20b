//! Carries an action out and writes down what came of it.

use persys_contract::{
    DesiredState, Node, ReconcileAction, Workload, WorkloadStatus, WorkloadType,
};
use persys_reference_base::defect;
use persys_reference_base::signature::CallError;

use super::backoff::History;
use crate::{
    clock::now_text,
    scheduler::Scheduler,
    store::{Record, StoreError},
};

/// What came of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Done, and the record is gone with it.
    Gone,
    Failed(String),
    /// Somebody changed the record before anything was done.
    Overtaken,
}

impl Outcome {
    pub fn success(&self) -> bool {
        matches!(self, Self::Done | Self::Gone)
    }
}

/// Tells the agent of a workload for the first time.
pub async fn deploy(
    scheduler: &Scheduler,
    mut record: Record<Workload>,
    node: Option<&Node>,
) -> Result<Outcome, StoreError> {
    if record.value.status != Some(WorkloadStatus::Scheduled) {
        record.value.status = Some(WorkloadStatus::Scheduled);
        if !scheduler.store.replace_workload(&record).await? {
            return Ok(Outcome::Overtaken);
        }
    }
    let workload = &record.value;
    let told = match node {
        Some(node) => scheduler.agents.run(node, workload).await,
        None => return Ok(Outcome::Failed("its node is not known".to_owned())),
    };
    let node_id = workload.node_id.as_deref().unwrap_or_default();
    tracing::info!(
        workloadId = workload.id,
        node = node_id,
        success = told.is_ok(),
        "told the agent of a workload"
    );
    let (status, reason) = match &told {
        Ok(()) => (begun(workload), None),
        Err(error) if is_final(error) => (WorkloadStatus::Failed, Some(error.message())),
        Err(error) => (WorkloadStatus::Scheduled, Some(error.message())),
    };
    let change = |workload: &mut Workload| {
        // Whoever looked in between may know more already.
        if workload.status == Some(WorkloadStatus::Scheduled) {
            workload.status = Some(status);
        }
        workload.metadata.get_or_insert_default().reason = reason.clone();
        true
    };
    scheduler.store.change_workload(&workload.id, change).await?;
    Ok(match told {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Failed(error.message()),
    })
}

/// Takes an action of the table.
pub async fn take(
    scheduler: &Scheduler,
    action: ReconcileAction,
    mut record: Record<Workload>,
    node: Option<&Node>,
    history: &History,
) -> Result<Outcome, StoreError> {
    if let Some(status) = status_meanwhile(action).filter(|s| Some(*s) != record.value.status) {
        record.value.status = Some(status);
        if !scheduler.store.replace_workload(&record).await? {
            return Ok(Outcome::Overtaken);
        }
    }
    let workload = &record.value;
    let done = match node {
        Some(node) => order(scheduler, action, workload, node).await.map_err(|e| e.message()),
        // Nobody holds it.
        None if action == ReconcileAction::Remove => Ok(()),
        None => Err("its node is not known".to_owned()),
    };
    let node_id = workload.node_id.as_deref().unwrap_or_default();
    let (workload_id, failure) = (workload.id.as_str(), done.as_ref().err());
    match failure {
        None => tracing::info!(workloadId = workload_id, node = node_id, %action, "reconciled"),
        Some(reason) => {
            tracing::warn!(workloadId = workload_id, node = node_id, %action, reason, "failed to reconcile");
        }
    }
    if action == ReconcileAction::Remove && done.is_ok() {
        return forget(scheduler, workload_id).await;
    }
    let change = |workload: &mut Workload| {
        defect!("repairs-not-noted" => return false);
        let metadata = workload.metadata.get_or_insert_default();
        metadata.last_reconciliation = Some(now_text());
        metadata.last_reconciliation_action = Some(action.to_string());
        metadata.last_reconciliation_success = Some(done.is_ok());
        metadata.reconciliation_retry_count = history.retries();
        metadata.reason = done.as_ref().err().cloned();
        true
    };
    scheduler.store.change_workload(workload_id, change).await?;
    Ok(match done {
        Ok(()) => Outcome::Done,
        Err(why) => Outcome::Failed(why),
    })
}

/// Counts an action in the stats that outlive this scheduler and in its metrics.
pub async fn count(scheduler: &Scheduler, action: ReconcileAction, success: bool) {
    defect!("repairs-not-counted" => return);
    scheduler.metrics.count_action(action, success);
    let counted = scheduler.store.change_stats(|stats| {
        stats.actions_taken += 1;
        stats.reconciliation_errors += u64::from(!success);
    });
    if let Err(error) = counted.await {
        tracing::warn!("failed to count an action: {error}");
    }
}

async fn order(
    scheduler: &Scheduler,
    action: ReconcileAction,
    workload: &Workload,
    node: &Node,
) -> Result<(), CallError> {
    let agents = &scheduler.agents;
    match action {
        ReconcileAction::None => Ok(()),
        ReconcileAction::Recreate if !is_project(workload) => {
            agents.remove(node, &workload.id).await?;
            defect!("recreated-otherwise" => {
                let bare = Workload { env_vars: Default::default(), ..workload.clone() };
                return agents.run(node, &bare).await;
            });
            agents.run(node, workload).await
        }
        // To remove a project is to remove its data; the agent makes what it lacks.
        ReconcileAction::Recreate | ReconcileAction::Retry => agents.run(node, workload).await,
        ReconcileAction::Restart if !is_project(workload) => {
            match agents.start(node, &workload.id).await {
                // What cannot be started has failed, and what has failed is made again: an engine
                // that was killed while it started a container never can again.
                Err(error) if error.status() == Some(500) => {
                    agents.remove(node, &workload.id).await?;
                    agents.run(node, workload).await
                }
                started => started,
            }
        }
        ReconcileAction::Restart | ReconcileAction::Unpause => {
            agents.start(node, &workload.id).await
        }
        ReconcileAction::Stop => agents.stop(node, &workload.id).await,
        ReconcileAction::Remove => agents.remove(node, &workload.id).await,
    }
}

fn is_project(workload: &Workload) -> bool {
    matches!(workload.kind, Some(WorkloadType::DockerCompose | WorkloadType::GitCompose))
}

/// What an agent does first, as far as one can know.
fn begun(workload: &Workload) -> WorkloadStatus {
    defect!("runs-before-container" => return WorkloadStatus::Running);
    match workload.kind {
        Some(WorkloadType::GitCompose) => WorkloadStatus::Pulling,
        _ => WorkloadStatus::ContainerCreating,
    }
}

/// What the record shows while the action is under way, and until the monitor
/// has seen what came of it.
fn status_meanwhile(action: ReconcileAction) -> Option<WorkloadStatus> {
    match action {
        ReconcileAction::Recreate => Some(WorkloadStatus::Recreating),
        ReconcileAction::Restart => Some(WorkloadStatus::Restarting),
        ReconcileAction::Stop | ReconcileAction::Remove => Some(WorkloadStatus::Stopping),
        ReconcileAction::Retry => Some(WorkloadStatus::Pulling),
        ReconcileAction::None | ReconcileAction::Unpause => None,
    }
}

/// Removes the record of a workload whose container is gone.
async fn forget(scheduler: &Scheduler, id: &str) -> Result<Outcome, StoreError> {
    defect!("deleted-record-stays" => return Ok(Outcome::Gone));
    loop {
        let Some(record) = scheduler.store.workload(id).await? else { return Ok(Outcome::Gone) };
        if record.value.desired_state != Some(DesiredState::Deleted) {
            // It was deleted and made anew by the same id.
            return Ok(Outcome::Overtaken);
        }
        if scheduler.store.remove_workload(&record).await? {
            return Ok(Outcome::Gone);
        }
    }
}

/// Whether the agent will answer the same to the same order.
fn is_final(error: &CallError) -> bool {
    matches!(error.status(), Some(400 | 413 | 422))
}
