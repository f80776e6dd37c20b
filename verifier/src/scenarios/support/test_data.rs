//! The strategy's test workloads, as scenarios hand them in.

use persys_contract::{Workload, topology::MachineRole};

use crate::{
    engine::{Context, StepError},
    workloads::TestWorkload,
};

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
