//! An agent, or the Docker Engine beside it, is away (strategy §6 step 3).

use persys_contract::{ErrorCode, NodeStatus, WorkloadStatus};

use super::{
    invalid::{nothing_added, stored},
    links::unknown_here_and_running_there,
    ongoing::{begin, begin_ending_containers},
    steady::{Steady, pinned},
};
use crate::{
    engine::{Context, Progress, StepError, StepResult},
    scenarios::support::{Submission, Watch, two_reconcile_passes, until_status},
};

pub async fn agent_stopped(cx: &mut Context) -> StepResult {
    let (broken, other) = cx.get::<Steady>()?.nodes()?;
    let fault = cx.faults(&broken).stop("persys-agent").await?;
    begin(cx, "agent_away", vec![fault]);
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
    let before = stored(cx).await?;
    gateway.schedule(&pinned(cx, "homeless", &broken)).await?.refused(ErrorCode::NoSuitableNode)?;
    let mut checks = cx.checks();
    nothing_added(&mut checks, &before, &stored(cx).await?);
    checks.finish()?;
    // The rest keeps working.
    let elsewhere = Submission::through_gateway(cx, pinned(cx, "elsewhere", &other)).await?;
    until_status(cx, elsewhere.id(), WorkloadStatus::Running).await?;
    let deletion = gateway.delete(elsewhere.id()).await?;
    if deletion.status == 202 { Ok(()) } else { Err(StepError::failed(deletion.to_string())) }
}

pub async fn docker_stopped(cx: &mut Context) -> StepResult {
    let (broken, _) = cx.get::<Steady>()?.nodes()?;
    let fault = cx.faults(&broken).stop("docker").await?;
    begin_ending_containers(cx, "docker_away", vec![fault], &broken);
    docker_is_away(cx).await
}

pub async fn docker_frozen(cx: &mut Context) -> StepResult {
    let (broken, _) = cx.get::<Steady>()?.nodes()?;
    let fault = cx.faults(&broken).pause("docker").await?;
    begin(cx, "docker_frozen", vec![fault]);
    docker_is_away(cx).await
}

async fn docker_is_away(cx: &mut Context) -> StepResult {
    let (broken, other) = cx.get::<Steady>()?.nodes()?;
    let health = cx.agent(&broken).health().await?;
    health.refused(ErrorCode::DockerUnavailable)?;
    unknown_here_and_running_there(cx, &broken, &other).await
}

/// The recovery, and two more passes in which nobody makes up for lost time.
pub async fn docker_recovered(cx: &mut Context) -> StepResult {
    super::ongoing::recovered(cx).await?;
    two_reconcile_passes(cx).await?;
    let (broken, _) = cx.get::<Steady>()?.nodes()?;
    let id = cx.get::<Steady>()?.on(&broken)?.id().to_owned();
    let actions = cx.get::<Watch>()?.containers[&broken].actions(&id);
    let creations = actions.iter().filter(|action| *action == "create").count();
    let mut checks = cx.checks();
    checks.equal("creations of the container, ever", creations, 1);
    checks.equal("containers", cx.docker(&broken).of_workload(&id).await?.len(), 1);
    checks.finish()
}
