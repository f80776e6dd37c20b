//! Work whose scheduler dies while its agent has yet to hear of it (contract §6).

use persys_contract::{StoreKeys, WorkloadStatus, component};

use super::{
    frozen::until_active,
    workloads::{distinct_node, on_node},
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    scenarios::support::{Component, Submission, Watch, one_leader, until_serves, until_status},
};

/// The leader accepts work for an agent that stands still, and dies with the order in its
/// hands; then the agent goes on.
pub async fn finished_by_another(cx: &mut Context) -> StepResult {
    if cx.probes().schedulers().len() < 2 {
        return Err(StepError::skipped("needs two schedulers, and the topology has one"));
    }
    let node = distinct_node(cx)?;
    until_active(cx, &node).await?;
    let leader = one_leader(cx, None).await?;
    let workload = on_node(cx, "orphaned", &node);
    let frozen = cx.faults(&node).pause(component::AGENT).await?;
    let submission = Submission::to_scheduler(cx, &leader, workload).await?;
    let id = submission.id().to_owned();
    let stored = cx.etcd().workload(&id).await?;
    let killed = cx.faults(&leader).kill(component::SCHEDULER).await?;
    let since = killed.since();
    one_leader(cx, Some(&leader)).await?;
    cx.measure("time_to_new_leader", since.elapsed().as_secs_f64(), "s");
    frozen.heal().await?;
    until_status(cx, &id, WorkloadStatus::Running).await?;
    cx.measure("time_to_run_across_leaders", since.elapsed().as_secs_f64(), "s");
    killed.heal().await?;
    until_serves(cx, &Component::scheduler(&leader), &cx.scheduler(&leader)).await?;
    one_leader(cx, None).await?;
    let mut checks = cx.checks();
    checks.some(&format!("record at {}", StoreKeys::workload(&id)), stored);
    checks.equal("node", submission.node(), node.as_str());
    let actions = cx.get::<Watch>()?.containers[&node].actions(&id);
    for action in ["create", "start"] {
        let times = actions.iter().filter(|done| *done == action).count();
        checks.equal(&format!("times that Docker did {action}"), times, 1);
    }
    checks.equal("containers", cx.docker(&node).of_workload(&id).await?.len(), 1);
    checks.finish()
}
