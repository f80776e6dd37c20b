//! An agent, or the Docker Engine beside it, is away (strategy §6 step 3).

use persys_contract::{ErrorCode, NodeStatus, WorkloadStatus, component};

use super::{
    invalid::{nothing_added, stored},
    links::unknown_here_and_running_there,
    ongoing::{begin, begin_ending, begin_ending_containers},
    steady::{Steady, pinned},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    scenarios::support::{Submission, Watch, two_reconcile_passes, until_status},
};

pub async fn agent_stopped(cx: &mut Context) -> StepResult {
    let (broken, other) = cx.get::<Steady>()?.nodes()?;
    let fault = cx.faults(&broken).stop(component::AGENT).await?;
    let since = fault.since();
    begin_ending(cx, "agent_away", vec![fault], (&broken, component::AGENT))?;
    unknown_here_and_running_there(cx, &broken, &other).await?;
    let gateway = cx.gateway();
    cx.wait(format!("{broken} is inactive"), || async {
        let answer = match gateway.nodes().await {
            Ok(answer) => answer.ok(),
            Err(error) => return Progress::unanswered(error),
        };
        match answer {
            Ok(list) => {
                let status = list.nodes.iter().find(|n| n.node_id == broken).map(|n| n.status);
                match status {
                    Some(Some(NodeStatus::Inactive)) => Progress::Ready(()),
                    status => Progress::not_yet(format!("it is {status:?}")),
                }
            }
            Err(error) => Progress::unanswered(error),
        }
    })
    .await?;
    let silent_for = since.elapsed();
    let before = stored(cx).await?;
    gateway.schedule(&pinned(cx, "homeless", &broken)).await?.refused(ErrorCode::NoSuitableNode)?;
    let mut checks = cx.checks();
    nothing_added(&mut checks, &before, &stored(cx).await?);
    // Its last heartbeat may have been due, and late.
    let timings = cx.timings();
    let least = timings.node_timeout().saturating_sub(timings.heartbeat_interval() * 2);
    checks.is_true(
        "the node was given its time",
        silent_for >= least,
        format!("inactive after {silent_for:?}, the least is {least:?}"),
    );
    checks.finish()?;
    // The rest keeps working.
    let elsewhere = Submission::through_gateway(cx, pinned(cx, "elsewhere", &other)).await?;
    until_status(cx, elsewhere.id(), WorkloadStatus::Running).await?;
    let deletion = gateway.delete(elsewhere.id()).await?;
    if deletion.status == 202 { Ok(()) } else { Err(StepError::failed(deletion.to_string())) }
}

pub async fn docker_stopped(cx: &mut Context) -> StepResult {
    let (broken, _) = cx.get::<Steady>()?.nodes()?;
    let fault = cx.faults(&broken).stop(component::DOCKER).await?;
    begin_ending_containers(cx, "docker_away", vec![fault], &broken);
    docker_is_away(cx).await
}

pub async fn docker_frozen(cx: &mut Context) -> StepResult {
    let (broken, _) = cx.get::<Steady>()?.nodes()?;
    let fault = cx.faults(&broken).pause(component::DOCKER).await?;
    begin(cx, "docker_frozen", vec![fault]);
    docker_is_away(cx).await
}

async fn docker_is_away(cx: &mut Context) -> StepResult {
    let (broken, other) = cx.get::<Steady>()?.nodes()?;
    let health = cx.agent(&broken).health().await?;
    health.refused(ErrorCode::DockerUnavailable)?;
    unknown_here_and_running_there(cx, &broken, &other).await
}

/// After the last fault, two more passes in which nobody makes up for lost time. By
/// the engines' history, in which every fault before is as well.
pub async fn nothing_made_again(cx: &mut Context) -> StepResult {
    two_reconcile_passes(cx).await?;
    let placed: Vec<_> = cx.get::<Steady>()?.placed().map(|(_, placed)| placed.clone()).collect();
    let mut checks = cx.checks();
    for placed in placed {
        let (id, home) = (placed.id(), placed.submission.node());
        for (machine, docker) in cx.probes().dockers() {
            let wanted = usize::from(machine == home);
            let actions = cx.get::<Watch>()?.containers[machine].actions(id);
            let creations = actions.iter().filter(|action| *action == "create").count();
            checks.equal(&format!("creations on {machine}, ever"), creations, wanted);
            let containers = docker.of_workload(id).await?.len();
            checks.equal(&format!("containers on {machine}"), containers, wanted);
        }
    }
    checks.finish()
}
