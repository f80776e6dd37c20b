//! Containers that end behind the platform's back.

use persys_contract::{RestartPolicy, Workload, WorkloadStatus, WorkloadType, topology::TestImage};

use super::statistics::Before;
use crate::{
    engine::{Context, Progress, StepError, StepResult},
    probe::{Container, DockerEvent},
    scenarios::support::{Submission, Watch, ends_on_sigterm, two_reconcile_passes, until_status},
};

/// The workload that is broken again and again.
struct Victim(Submission);

/// The ways in which a container ends here.
#[derive(Clone, Copy)]
enum Blow {
    Stop,
    Kill,
    Remove,
}

impl Blow {
    /// The figure that the reports show.
    fn measurement(self) -> &'static str {
        match self {
            Self::Stop => "time_to_repair_stopped",
            Self::Kill => "time_to_repair_killed",
            Self::Remove => "time_to_repair_removed",
        }
    }
}

pub async fn workload_runs(cx: &mut Context) -> StepResult {
    let watch = Watch::start(cx).await?;
    cx.put(watch);
    let workload = Workload {
        name: cx.unique("victim"),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some(ends_on_sigterm("echo still here")),
        // Docker leaves a container alone that was stopped on purpose, so who
        // starts it again can only be the platform.
        restart_policy: Some(RestartPolicy::UnlessStopped),
        ..Workload::default()
    };
    let submission = Submission::through_gateway(cx, workload).await?;
    until_status(cx, submission.id(), WorkloadStatus::Running).await?;
    let before = Before::take(cx).await?;
    cx.put(before);
    cx.put(Victim(submission));
    Ok(())
}

pub async fn stopped(cx: &mut Context) -> StepResult {
    mended_after(cx, Blow::Stop).await
}

pub async fn killed(cx: &mut Context) -> StepResult {
    mended_after(cx, Blow::Kill).await
}

pub async fn removed(cx: &mut Context) -> StepResult {
    mended_after(cx, Blow::Remove).await
}

async fn mended_after(cx: &mut Context, blow: Blow) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    let faults = cx.faults(node);
    match blow {
        Blow::Stop => faults.stop_container(before.id()).await?,
        Blow::Kill => faults.kill_container(before.id()).await?,
        Blow::Remove => faults.remove_container(before.id()).await?,
    };
    let (died, started) = restarted(cx, &victim, &before).await?;
    let after = running(cx, id, node).await?;
    let mut checks = cx.checks();
    checks.equal("image", after.image(), before.image());
    checks.equal("restart policy", after.restart_policy(), before.restart_policy());
    checks.equal("labels", after.labels(), before.labels());
    checks.equal("containers", cx.docker(node).of_workload(id).await?.len(), 1);
    if matches!(blow, Blow::Remove) {
        checks.differs("the container's id", after.id(), before.id());
    }
    checks.finish()?;
    until_status(cx, id, WorkloadStatus::Running).await?;
    cx.measure(blow.measurement(), (started.at - died.at).as_seconds_f64(), "s");
    cx.get_mut::<Before>()?.repairs += 1;
    Ok(())
}

/// Waits for the start that follows the end of `before`, on the engine's own
/// history: both events are to be there, in this order.
async fn restarted(
    cx: &Context,
    victim: &Submission,
    before: &Container,
) -> Result<(DockerEvent, DockerEvent), StepError> {
    let (id, node) = (victim.id(), victim.node());
    let recording = &cx.get::<Watch>()?.containers[node];
    cx.waiting(format!("{node} has started a container of workload {id} again"))
        .wake_on_watch(recording.changed())
        .until(|| async {
            let events = recording.of_workload(id);
            let ended =
                events.iter().rposition(|e| e.action == "die" && e.container == before.id());
            let Some(ended) = ended else {
                return Progress::not_yet("the container has not ended yet");
            };
            match events[ended..].iter().find(|event| event.action == "start") {
                Some(start) => Progress::Ready((events[ended].clone(), start.clone())),
                None => {
                    let since: Vec<_> = events[ended..].iter().map(|e| &e.action).collect();
                    Progress::not_yet(format!("since it ended: {since:?}"))
                }
            }
        })
        .await
}

/// The workload's container, which must run now.
async fn running(cx: &Context, id: &str, node: &str) -> Result<Container, StepError> {
    let docker = cx.docker(node);
    cx.wait(format!("{node} runs the container of workload {id}"), || async {
        match docker.inspect(id).await {
            Ok(Some(container)) if container.is_running() => Progress::Ready(container),
            Ok(Some(container)) => Progress::NotYet(container.status()),
            Ok(None) => Progress::not_yet("there is no container of that name"),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

pub async fn left_alone(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    let actions = cx.get::<Watch>()?.containers[node].actions(id);
    two_reconcile_passes(cx).await?;
    let after = running(cx, id, node).await?;
    let mut checks = cx.checks();
    checks.equal("container", after.id(), before.id());
    checks.equal("time of its last start", after.started_at(), before.started_at());
    checks.equal("events", cx.get::<Watch>()?.containers[node].actions(id), actions);
    checks.finish()
}

/// The id of the workload that was broken.
pub fn victim_id(cx: &Context) -> Result<String, StepError> {
    Ok(cx.get::<Victim>()?.0.id().to_owned())
}
