//! Reconciliation that somebody asks for (contract §3.1).

use persys_contract::{ErrorCode, ReconcileAction};

use super::victim::{Victim, running};
use crate::engine::{Context, StepResult};

/// An id that no workload has.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// What is well is found to be well, and left alone.
pub async fn finds_all_well(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    let result = cx.gateway().reconcile(id).await?.ok()?;
    let mut checks = cx.checks();
    checks.equal("workloadId", result.workload_id.as_str(), id);
    checks.equal("desiredState", result.desired_state.as_str(), "Running");
    checks.equal("actualState", result.actual_state.as_str(), "Running");
    checks.equal("action", result.action.as_str(), ReconcileAction::None.as_str());
    checks.is_true("success", result.success, result.error_message);
    let results = cx.gateway().trigger().await?.ok()?.results;
    let stored = cx.etcd().workloads().await?.len() as u64;
    checks.equal("totalWorkloads of a pass", results.total_workloads, stored);
    checks.equal("processed ones", results.processed, results.total_workloads);
    let after = running(cx, id, node).await?;
    checks.equal("container", after.id(), before.id());
    checks.equal("time of its last start", after.started_at(), before.started_at());
    checks.finish()?;
    cx.gateway().reconcile(NOBODY).await?.refused(ErrorCode::NotFound).map(drop)
}
