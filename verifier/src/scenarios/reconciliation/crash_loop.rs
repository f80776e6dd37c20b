//! A container that ends by itself again and again (contract §6).

use std::time::Duration;

use persys_contract::{DesiredState, WorkloadStatus};

use super::victim::worker;
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::DockerEvent,
    scenarios::support::{Submission, Watch, until_status},
};

/// So many restarts within five minutes, and it is given up.
const RESTARTS: usize = 5;
/// The pauses that must lie between restarts: doubling from 1 s. Before the first
/// one there may be none.
const PAUSES: [Duration; RESTARTS - 1] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
/// The pauses lie between orders, and the history tells of starts: a slow start
/// lengthens one pause and shortens the next. All together bear less of it: so much that the
/// first start may have been slower than the last, and on a slow machine no more than would
/// hide that a pause had not doubled.
const LEAST_SHARE: f64 = 0.6;
const SLOWER_START: Duration = Duration::from_millis(500);
const MUCH_SLOWER_START: Duration = Duration::from_secs(2);
/// Docker may take so long to start a container, and the platform to see it end.
const STARTING: Duration = Duration::from_secs(5);

/// The workload that ends by itself again and again.
pub struct Looper(pub Submission);

pub async fn restarted(cx: &mut Context) -> StepResult {
    let workload = worker(cx, "crash", "sh -c 'echo crashing; exit 3'");
    let submission = Submission::through_gateway(cx, workload).await?;
    let id = submission.id().to_owned();
    let recording = &cx.get::<Watch>()?.containers[submission.node()];
    let events = cx
        .waiting(format!("the container of workload {id} has been started a second time"))
        .wake_on_watch(recording.changed())
        .until(|| async { starts(&recording.of_workload(&id), 2) })
        .await?;
    let ended = events.iter().find(|event| event.action == "die");
    let mut checks = cx.checks();
    checks.equal("exit code", ended.and_then(|event| event.exit_code), Some(3));
    checks.finish()?;
    if let (Some(ended), Some(start)) = (ended, events.last()) {
        cx.measure("time_to_repair_crashed", (start.at - ended.at).as_seconds_f64(), "s");
    }
    cx.put(Looper(submission));
    Ok(())
}

/// The events up to the `wanted`-th start.
fn starts(events: &[DockerEvent], wanted: usize) -> Progress<Vec<DockerEvent>> {
    let mut seen = 0;
    for (index, event) in events.iter().enumerate() {
        seen += usize::from(event.action == "start");
        if seen == wanted {
            return Progress::Ready(events[..=index].to_vec());
        }
    }
    Progress::not_yet(format!("{seen} starts, and {} events", events.len()))
}

pub async fn gives_up(cx: &mut Context) -> StepResult {
    let looper = cx.get::<Looper>()?.0.clone();
    let given_up = until_status(cx, looper.id(), WorkloadStatus::Failed).await?;
    let reason = given_up.metadata.and_then(|metadata| metadata.reason).unwrap_or_default();
    let events = cx.get::<Watch>()?.containers[looper.node()].of_workload(looper.id());
    let starts: Vec<_> = events.iter().filter(|event| event.action == "start").collect();
    let mut checks = cx.checks();
    checks.contains("the reason tells how it ended", &reason, "code 3");
    checks.equal("starts", starts.len(), RESTARTS + 1);
    checks.equal("creations", events.iter().filter(|event| event.action == "create").count(), 1);
    if let [_, first, .., last] = &starts[..] {
        let total = Duration::try_from(last.at - first.at).unwrap_or_default();
        let least = PAUSES.iter().sum::<Duration>() - cx.scaled(SLOWER_START, MUCH_SLOWER_START);
        let detail = format!("{total:?}, expected at least {least:?}");
        checks.is_true("all pauses together", total >= least, detail);
    }
    let slack = STARTING + cx.timings().reconcile_interval() + cx.timings().monitor_interval();
    for (pair, pause) in starts.windows(2).skip(1).zip(PAUSES) {
        let gap = Duration::try_from(pair[1].at - pair[0].at).unwrap_or_default();
        let name = format!("pause of {} s", pause.as_secs());
        checks.between(&name, gap, pause.mul_f64(LEAST_SHARE), pause * 2 + slack);
        cx.measure(&format!("back_off_{}s", pause.as_secs()), gap.as_secs_f64(), "s");
    }
    checks.finish()
}

pub async fn tried_again_when_asked(cx: &mut Context) -> StepResult {
    let looper = cx.get::<Looper>()?.0.clone();
    let recording = cx.get::<Watch>()?.containers[looper.node()].clone();
    let before = recording.actions(looper.id()).iter().filter(|action| *action == "start").count();
    let asked = cx.gateway().set_desired_state(looper.id(), DesiredState::Running).await?;
    if asked.status != 200 {
        return Err(StepError::failed(asked.to_string()));
    }
    cx.waiting(format!("the container of workload {} is started again", looper.id()))
        .wake_on_watch(recording.changed())
        .until(|| async { starts(&recording.of_workload(looper.id()), before + 1) })
        .await?;
    // It would go on for the rest of the scenario.
    let deletion = cx.gateway().delete(looper.id()).await?;
    if deletion.status == 202 { Ok(()) } else { Err(StepError::failed(deletion.to_string())) }
}
