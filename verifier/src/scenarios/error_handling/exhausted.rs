//! A node runs out of something (strategy §6 step 5). What needs it is told as failed
//! or waits, what does not runs on, and all is well once there is enough again.

use persys_contract::{ErrorCode, RestartPolicy, Workload, WorkloadStatus, component};
use persys_faultd::protocol::Fault;

use super::{
    invalid::{nothing_added, stored},
    ongoing::begin,
    port_taken::deleted,
    steady::{Steady, pinned},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    scenarios::support::{
        Submission, Watch, at_once, at_once_limit, ends_on_sigterm, until_status,
    },
};

/// What the containers of a node may have beyond what they have already.
const LEFT: u64 = 48 << 20;
/// What a workload takes at its start for a moment, in MiB: more than there is, and
/// no more than any machine has once the bound is gone.
const TAKEN: u64 = 128;
/// What the kernel's killing looks like from outside: 128 and SIGKILL.
const KILLED: i64 = 137;

/// The workload that lacks something, and how the node's other one was meanwhile.
pub struct Lacking {
    submission: Submission,
    /// The process of the agent.
    agent: Option<u32>,
    /// How many statuses the node's other workload had had before.
    statuses: usize,
}

/// A full disk is told in Docker's words.
pub async fn disk_full(cx: &mut Context) -> StepResult {
    let (node, other) = cx.get::<Steady>()?.nodes()?;
    nothing_goes(cx, &node).await?;
    let path = cx.docker(&node).root_folder().await?.into();
    let fault = cx.faults(&node).inject(Fault::FillDisk { path, leave_bytes: 0 }).await?;
    begin(cx, "disk_full", vec![fault]);
    let lacking = lacking(cx, pinned(cx, "no-disk", &node)).await?;
    let id = lacking.submission.id().to_owned();
    cx.put(lacking);
    let failed = until_status(cx, &id, WorkloadStatus::Failed).await?;
    let reason = failed.metadata.and_then(|metadata| metadata.reason).unwrap_or_default();
    let mut checks = cx.checks();
    checks.contains("reason, in Docker's words", &reason, "no space left on device");
    checks.finish()?;
    the_rest_works(cx, &other).await
}

/// What is being removed would leave room on a disk that was full a moment ago.
async fn nothing_goes(cx: &Context, node: &str) -> StepResult {
    let docker = cx.docker(node);
    cx.wait(format!("{node} has the steady workload's container alone"), || async {
        match docker.workloads().await {
            Ok(containers) if containers.len() == 1 => Progress::Ready(()),
            Ok(containers) => Progress::not_yet(format!("it has {}", containers.len())),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

/// A container for which there is no memory is killed by the kernel, and told as such.
pub async fn memory_short(cx: &mut Context) -> StepResult {
    let (node, other) = cx.get::<Steady>()?.nodes()?;
    let bound = Fault::ContainerMemory { leave_bytes: LEFT };
    let fault = cx.faults(&node).inject(bound).await?;
    begin(cx, "memory_short", vec![fault]);
    let take = format!("dd if=/dev/zero of=/dev/null bs={TAKEN}M count=1 || exit $?; echo enough");
    let hungry = Workload {
        command: Some(ends_on_sigterm(&take)),
        // The platform's repairs are looked at, and not Docker's.
        restart_policy: Some(RestartPolicy::No),
        ..pinned(cx, "no-memory", &node)
    };
    let lacking = lacking(cx, hungry).await?;
    let id = lacking.submission.id().to_owned();
    cx.put(lacking);
    let gateway = cx.gateway();
    cx.wait(format!("the gateway tells that workload {id} was killed"), || async {
        match gateway.workload(&id).await {
            Ok(answer) => match answer.ok() {
                Ok(workload) => told_as_killed(&workload),
                Err(error) => Progress::unanswered(error),
            },
            Err(error) => Progress::unanswered(error),
        }
    })
    .await?;
    let events = cx.get::<Watch>()?.containers[&node].of_workload(&id);
    let end = events.iter().find(|event| event.action == "die").and_then(|event| event.exit_code);
    let mut checks = cx.checks();
    checks.equal("exit code of the container, by Docker", end, Some(KILLED));
    checks.finish()?;
    the_rest_works(cx, &other).await
}

fn told_as_killed(workload: &Workload) -> Progress<()> {
    use WorkloadStatus::{Exited, Failed, Restarting};
    let reason = workload.metadata.as_ref().and_then(|metadata| metadata.reason.as_deref());
    let reason = reason.unwrap_or_default();
    match workload.status {
        Some(Exited | Failed | Restarting) if reason.contains(&KILLED.to_string()) => {
            Progress::Ready(())
        }
        status => Progress::not_yet(format!("it is {status:?} with reason {reason:?}")),
    }
}

/// An agent that can open neither file nor connection serves nobody new. It must
/// not be taken for one that has lost its workloads.
pub async fn descriptors_short(cx: &mut Context) -> StepResult {
    let (node, other) = cx.get::<Steady>()?.nodes()?;
    let deny = Fault::Descriptors { component: component::AGENT.to_owned() };
    let fault = cx.faults(&node).inject(deny).await?;
    begin(cx, "descriptors_short", vec![fault]);
    // The kernel takes the connection, and the agent cannot.
    let impatient = cx.agent(&node).with_timeout(at_once_limit(cx));
    let asked = impatient.health().await;
    let mut checks = cx.checks();
    let answered = asked.map(|answer| answer.exchange.to_string());
    checks.is_true("a new caller is not served", answered.is_err(), format!("{answered:?}"));
    checks.finish()?;
    let lacking = lacking(cx, pinned(cx, "no-descriptor", &node)).await?;
    let mut checks = cx.checks();
    at_once(cx, &mut checks, "it is answered", &lacking.submission.exchange);
    checks.finish()?;
    cx.put(lacking);
    the_rest_works(cx, &other).await
}

async fn lacking(cx: &Context, workload: Workload) -> Result<Lacking, StepError> {
    let (node, _) = cx.get::<Steady>()?.nodes()?;
    let agent = cx.faults(&node).component(component::AGENT).await?.component.pid;
    let statuses = statuses(cx, &node)?.len();
    let submission = Submission::through_gateway(cx, workload).await?;
    Ok(Lacking { submission, agent, statuses })
}

/// The other node gets work and does it, and what no node can have is still refused.
async fn the_rest_works(cx: &mut Context, other: &str) -> StepResult {
    let before = stored(cx).await?;
    let mut nowhere = pinned(cx, "nowhere", other);
    nowhere.labels.insert("zone".to_owned(), "nowhere".to_owned());
    let gateway = cx.gateway();
    gateway.schedule(&nowhere).await?.refused(ErrorCode::NoSuitableNode)?;
    let mut checks = cx.checks();
    nothing_added(&mut checks, &before, &stored(cx).await?);
    checks.finish()?;
    let elsewhere = Submission::through_gateway(cx, pinned(cx, "elsewhere", other)).await?;
    until_status(cx, elsewhere.id(), WorkloadStatus::Running).await?;
    deleted(cx, elsewhere.id()).await
}

/// What lacked something runs once it is there, by the same agent, and the node's
/// other workload was told to run, or that nobody knows, all the time.
pub async fn recovered(cx: &mut Context) -> StepResult {
    super::ongoing::recovered(cx).await?;
    let Lacking { submission, agent, statuses: before } = cx.take::<Lacking>()?;
    until_status(cx, submission.id(), WorkloadStatus::Running).await?;
    let (node, _) = cx.get::<Steady>()?.nodes()?;
    let containers = cx.docker(&node).of_workload(submission.id()).await?;
    let health = cx.agent(&node).health().await?;
    let process = cx.faults(&node).component(component::AGENT).await?.component.pid;
    let mut checks = cx.checks();
    checks.equal("containers of the workload", containers.len(), 1);
    checks.is_true("the agent is well", health.ok().is_ok(), health.exchange.to_string());
    checks.equal("process of the agent", process, agent);
    let all = statuses(cx, &node)?;
    let seen = &all[before.saturating_sub(1)..];
    let fine = ["Running", "Unknown"];
    let wrong: Vec<_> = seen.iter().filter(|status| !fine.contains(&status.as_str())).collect();
    checks.is_true("the node's other workload was not lost", wrong.is_empty(), format!("{seen:?}"));
    checks.finish()?;
    deleted(cx, submission.id()).await
}

/// The statuses that the record of a node's steady workload has had.
fn statuses(cx: &Context, node: &str) -> Result<Vec<String>, StepError> {
    let id = cx.get::<Steady>()?.on(node)?.id().to_owned();
    Ok(cx.get::<Watch>()?.records.statuses(&id))
}
