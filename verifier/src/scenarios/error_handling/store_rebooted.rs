//! etcd's machine is rebooted (contract §6, "etcd away … back without a restart").

use std::{collections::BTreeMap, time::Instant};

use persys_contract::{NodeStatus, WorkloadStatus, component, topology::MachineRole};

use super::steady::{Steady, all_well, pinned};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    scenarios::support::{Submission, until_started_anew, until_status},
};

pub async fn nothing_lost(cx: &mut Context) -> StepResult {
    let (machine, _) = cx.topology().one(MachineRole::Etcd);
    let machine = machine.to_owned();
    let before = records(cx).await?;
    let nodes = active_nodes(cx).await?;
    let etcd = cx.faults(&machine).component(component::ETCD).await?;
    let begun = Instant::now();
    cx.host()?.reboot(&machine).await?;
    until_started_anew(cx, &machine, &etcd).await?;
    all_well(cx, None).await?;
    cx.measure("time_to_recover_store_rebooted", begun.elapsed().as_secs_f64(), "s");
    let after = records(cx).await?;
    let (node, _) = cx.get::<Steady>()?.nodes()?;
    let later = Submission::through_gateway(cx, pinned(cx, "after-reboot", &node)).await?;
    until_status(cx, later.id(), WorkloadStatus::Running).await?;
    let mut checks = cx.checks();
    checks.is_true("there were workloads to lose", !before.is_empty(), "there was none");
    checks.equal("workloads and their nodes", after, before);
    checks.equal("active nodes", active_nodes(cx).await?, nodes);
    checks.finish()
}

/// Each workload's node, as etcd has it.
async fn records(cx: &Context) -> Result<BTreeMap<String, Option<String>>, StepError> {
    let stored = cx.etcd().workloads().await?;
    Ok(stored.into_iter().map(|stored| (stored.value.id, stored.value.node_id)).collect())
}

async fn active_nodes(cx: &Context) -> Result<Vec<String>, StepError> {
    let stored = cx.etcd().nodes().await?.into_iter().map(|stored| stored.value);
    let active = stored.filter(|node| node.status == Some(NodeStatus::Active));
    let mut names: Vec<String> = active.map(|node| node.node_id).collect();
    names.sort();
    Ok(names)
}
