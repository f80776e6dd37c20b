//! The agent and the Docker Engine restart, and workloads outlive it.

use persys_contract::{WorkloadStatus, component};

use super::victim::{Victim, running};
use crate::{
    context::Context,
    evidence::{Progress, StepResult},
    scenarios::support::{Watch, two_reconcile_passes, until_status},
};

pub async fn of_agent(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    let actions = cx.get::<Watch>()?.containers[node].actions(id);
    cx.faults(node).restart(component::AGENT).await?;
    agent_is_well(cx, node).await?;
    two_reconcile_passes(cx).await?;
    until_status(cx, id, WorkloadStatus::Running).await?;
    let after = running(cx, id, node).await?;
    let mut checks = cx.checks();
    checks.equal("container", after.id(), before.id());
    checks.equal("time of its last start", after.started_at(), before.started_at());
    let later = cx.get::<Watch>()?.containers[node].actions(id);
    checks.equal("events", later, actions);
    checks.finish()
}

pub async fn of_docker(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    let creations = count(cx, id, "create")?;
    cx.faults(node).restart(component::DOCKER).await?;
    agent_is_well(cx, node).await?;
    let after = running(cx, id, node).await?;
    until_status(cx, id, WorkloadStatus::Running).await?;
    two_reconcile_passes(cx).await?;
    let later = running(cx, id, node).await?;
    let mut checks = cx.checks();
    // Docker ends its containers when it stops, and starts them again itself.
    checks.equal("container", after.id(), before.id());
    checks.equal("container after two more passes", later.id(), before.id());
    checks.equal("time of its last start", later.started_at(), after.started_at());
    checks.equal("creations", count(cx, id, "create")?, creations);
    for (machine, docker) in cx.probes().dockers() {
        let wanted = usize::from(machine == node);
        let containers = docker.of_workload(id).await?.len();
        checks.equal(&format!("containers on {machine}"), containers, wanted);
    }
    checks.finish()
}

/// Waits until an agent says that it and its engine are well.
async fn agent_is_well(cx: &Context, node: &str) -> StepResult {
    let agent = cx.agent(node);
    cx.wait(format!("the agent on {node} is well"), || async {
        match agent.health().await {
            Ok(answer) => Progress::from(answer.ok().map(drop)),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

/// How often something happened to a workload's containers, on all nodes together.
fn count(cx: &Context, id: &str, action: &str) -> Result<usize, crate::evidence::StepError> {
    let watch = cx.get::<Watch>()?;
    let actions = watch.containers.values().flat_map(|recording| recording.actions(id));
    Ok(actions.filter(|seen| seen == action).count())
}
