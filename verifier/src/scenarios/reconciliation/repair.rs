//! Containers that end behind the platform's back.

use persys_contract::{ReconcileAction, WorkloadStatus};

use super::{
    account::Account,
    statistics::Before,
    victim::{Victim, running},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::{Container, DockerEvent},
    scenarios::support::{Submission, Watch, until_status},
};

/// The ways in which a container ends here.
#[derive(Clone, Copy)]
enum Blow {
    Stop,
    Kill,
    Pause,
    Remove,
}

impl Blow {
    /// The figure that the reports show.
    fn measurement(self) -> &'static str {
        match self {
            Self::Stop => "time_to_repair_stopped",
            Self::Kill => "time_to_repair_killed",
            Self::Pause => "time_to_repair_paused",
            Self::Remove => "time_to_repair_removed",
        }
    }

    /// What mends it, by the table of contract §6.
    fn remedy(self) -> ReconcileAction {
        match self {
            Self::Stop | Self::Kill => ReconcileAction::Restart,
            Self::Pause => ReconcileAction::Unpause,
            Self::Remove => ReconcileAction::Recreate,
        }
    }

    /// What the engine says of it, and of its end.
    fn events(self) -> (&'static str, &'static str) {
        match self {
            Self::Stop | Self::Kill | Self::Remove => ("die", "start"),
            Self::Pause => ("pause", "unpause"),
        }
    }
}

pub async fn stopped(cx: &mut Context) -> StepResult {
    mended_after(cx, Blow::Stop).await
}

pub async fn killed(cx: &mut Context) -> StepResult {
    mended_after(cx, Blow::Kill).await
}

pub async fn paused(cx: &mut Context) -> StepResult {
    mended_after(cx, Blow::Pause).await
}

pub async fn removed(cx: &mut Context) -> StepResult {
    mended_after(cx, Blow::Remove).await
}

async fn mended_after(cx: &mut Context, blow: Blow) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    let account = Account::open(cx, id).await?;
    let faults = cx.faults(node);
    match blow {
        Blow::Stop => faults.stop_container(before.id()).await?,
        Blow::Kill => faults.kill_container(before.id()).await?,
        Blow::Pause => faults.pause_container(before.id()).await?,
        Blow::Remove => faults.remove_container(before.id()).await?,
    };
    let (broken, mended) = mended(cx, &victim, &before, blow).await?;
    let after = running(cx, id, node).await?;
    let mut checks = cx.checks();
    checks.equal("image", after.image(), before.image());
    checks.equal("restart policy", after.restart_policy(), before.restart_policy());
    checks.equal("labels", after.labels(), before.labels());
    checks.equal("command", after.command(), before.command());
    checks.equal("environment", after.env(), before.env());
    checks.equal("mounts", after.mounts(), before.mounts());
    checks.equal("networks", after.networks(), before.networks());
    checks.equal("containers", cx.docker(node).of_workload(id).await?.len(), 1);
    if matches!(blow, Blow::Remove) {
        checks.differs("the container's id", after.id(), before.id());
    }
    if matches!(blow, Blow::Pause) {
        checks.equal("time of the last start", after.started_at(), before.started_at());
    }
    checks.finish()?;
    until_status(cx, id, WorkloadStatus::Running).await?;
    account.tells_of(cx, id, blow.remedy()).await?;
    cx.measure(blow.measurement(), (mended.at - broken.at).as_seconds_f64(), "s");
    cx.get_mut::<Before>()?.repairs += 1;
    Ok(())
}

/// Waits for the remedy that follows the blow to `before`, on the engine's own
/// history: both events are to be there, in this order.
async fn mended(
    cx: &Context,
    victim: &Submission,
    before: &Container,
    blow: Blow,
) -> Result<(DockerEvent, DockerEvent), StepError> {
    let (id, node) = (victim.id(), victim.node());
    let (broken, remedy) = blow.events();
    let recording = &cx.get::<Watch>()?.containers[node];
    cx.waiting(format!("{node} has told of {remedy} after {broken} of workload {id}"))
        .wake_on_watch(recording.changed())
        .until(|| async {
            let events = recording.of_workload(id);
            let last =
                events.iter().rposition(|e| e.action == broken && e.container == before.id());
            let Some(last) = last else {
                return Progress::not_yet(format!("there is no {broken} yet"));
            };
            match events[last..].iter().find(|event| event.action == remedy) {
                Some(end) => Progress::Ready((events[last].clone(), end.clone())),
                None => {
                    let since: Vec<_> = events[last..].iter().map(|e| &e.action).collect();
                    Progress::not_yet(format!("the last events: {since:?}"))
                }
            }
        })
        .await
}
