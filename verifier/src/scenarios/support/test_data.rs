//! The strategy's test workloads, as scenarios hand them in.

use persys_contract::{
    RestartPolicy, Workload, WorkloadType,
    topology::{MachineRole, TestImage},
};

use super::ends_on_sigterm;
use crate::{context::Context, evidence::StepError, workloads::TestWorkload};

/// The workload under a name of its own. Skipped where the topology has nothing that stands
/// for GitHub and the workload comes from there.
pub fn test_workload(cx: &Context, which: TestWorkload) -> Result<Workload, StepError> {
    let topology = cx.topology();
    if which == TestWorkload::GitRepo && topology.with_role(MachineRole::Github).next().is_none() {
        return Err(StepError::skipped("needs a machine with the role github"));
    }
    let workload = which.workload(topology);
    let workload = workload.map_err(|error| StepError::error(format!("failed to {error}")))?;
    Ok(Workload { name: cx.unique(&workload.name), ..workload })
}

/// A workload that runs on this node or nowhere.
pub fn pinned(cx: &Context, name: &str, node: &str) -> Workload {
    let labels = cx.topology().machines.get(node).map(|machine| machine.labels.clone());
    Workload {
        name: cx.unique(name),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some(ends_on_sigterm("echo steady")),
        restart_policy: Some(RestartPolicy::UnlessStopped),
        labels: labels.unwrap_or_default(),
        ..Workload::default()
    }
}
