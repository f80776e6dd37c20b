//! Workloads that run while strangers try what they like, and that nobody may touch.

use persys_contract::{
    DesiredState, WorkloadStatus,
    topology::{Feature, MachineRole},
};

use crate::{
    context::{Checks, Context},
    evidence::StepError,
    scenarios::support::{Submission, pinned, until_nodes_active, until_status},
};

/// A running workload and its node.
#[derive(Clone)]
pub struct Bystander {
    pub id: String,
    pub node: String,
}

struct Bystanders(Vec<Bystander>);

/// One on each node. The first step that asks for them has them started.
pub async fn bystanders(cx: &mut Context) -> Result<Vec<Bystander>, StepError> {
    if let Ok(known) = cx.get::<Bystanders>() {
        return Ok(known.0.clone());
    }
    until_nodes_active(cx).await?;
    let nodes = cx.topology().with_role(MachineRole::Agent).map(|(name, _)| name.to_owned());
    let mut started = Vec::new();
    for node in nodes.collect::<Vec<_>>() {
        let handed = Submission::through_gateway(cx, pinned(cx, "bystander", &node)).await?;
        started.push(Bystander { id: handed.id().to_owned(), node: handed.node().to_owned() });
    }
    for bystander in &started {
        until_status(cx, &bystander.id, WorkloadStatus::Running).await?;
    }
    cx.put(Bystanders(started.clone()));
    Ok(started)
}

impl Bystander {
    /// It is stored as before and still to run.
    pub async fn unchanged(&self, cx: &Context, checks: &mut Checks) -> Result<(), StepError> {
        let stored = cx.etcd().workload(&self.id).await?;
        let name = format!("record of {}", self.id);
        if let Some(stored) = checks.some(&name, stored)
            && cx.topology().platform.has(Feature::DesiredState)
        {
            let desired = stored.value.desired_state.unwrap_or(DesiredState::Running);
            checks.equal("desired state in it", desired, DesiredState::Running);
        }
        Ok(())
    }
}
