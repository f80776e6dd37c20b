//! Reconciliation that somebody asks for (contract §3.1).

use std::time::Duration;

use futures::future::{join_all, try_join_all};
use persys_contract::{
    ErrorCode, ReconcileAction, ReconcileResult, RestartPolicy, TriggerResults, Workload,
    WorkloadStatus,
};
use time::OffsetDateTime;

use super::{
    account::Account,
    victim::{Victim, running, worker},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::DockerEvent,
    scenarios::support::{CLOCKS, Submission, Watch, ends_on_sigterm, until_status},
};

/// An id that no workload has.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
/// So many workloads are broken at a time, and so often: the platform mends them by itself as
/// well, and may be first with some.
const BROKEN: usize = 3;
const ROUNDS: usize = 3;
/// Between an answer that something is done and the engine's word for it.
const SLACK: Duration = Duration::from_millis(500);

pub async fn reconciled(cx: &mut Context) -> StepResult {
    finds_all_well(cx).await?;
    let broken = workloads(cx).await?;
    restarts_what_ended(cx, &broken).await?;
    passes_over_what_is_paused(cx, &broken).await?;
    for submission in &broken {
        let deletion = cx.gateway().delete(submission.id()).await?;
        if deletion.status != 202 {
            return Err(StepError::failed(deletion.to_string()));
        }
    }
    Ok(())
}

/// What is well is found to be well, and left alone.
async fn finds_all_well(cx: &Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    let result = cx.gateway().reconcile(id).await?.ok()?;
    let mut checks = cx.checks();
    checks.equal("workloadId", result.workload_id.as_str(), id);
    checks.equal("desiredState", result.desired_state.as_str(), "Running");
    checks.equal("actualState", result.actual_state.as_str(), "Running");
    checks.equal("action", result.action.as_str(), ReconcileAction::None.as_str());
    checks.is_true("success", result.success, result.error_message);
    let results = cx.gateway().trigger().await?.ok()?.results;
    let stored = cx.etcd().workloads().await?.len() as u64;
    checks.equal("totalWorkloads of a pass", results.total_workloads, stored);
    checks.equal("processed ones", results.processed, results.total_workloads);
    let after = running(cx, id, node).await?;
    checks.equal("container", after.id(), before.id());
    checks.equal("time of its last start", after.started_at(), before.started_at());
    checks.finish()?;
    cx.gateway().reconcile(NOBODY).await?.refused(ErrorCode::NotFound).map(drop)
}

/// Workloads of their own, so that the victim's restarts do not count towards giving it up.
async fn workloads(cx: &Context) -> Result<Vec<Submission>, StepError> {
    let handing_in = (0..BROKEN).map(|_| {
        let workload = Workload {
            restart_policy: Some(RestartPolicy::UnlessStopped),
            ..worker(cx, "asked-for", &ends_on_sigterm("echo mend me"))
        };
        Submission::through_gateway(cx, workload)
    });
    let submissions = try_join_all(handing_in).await?;
    for submission in &submissions {
        until_status(cx, submission.id(), WorkloadStatus::Running).await?;
    }
    Ok(submissions)
}

/// Whoever asks for a workload whose container ended has it restarted by the time of the answer.
async fn restarts_what_ended(cx: &Context, broken: &[Submission]) -> StepResult {
    let mut by_request = 0;
    for _ in 0..ROUNDS {
        for answer in join_all(broken.iter().map(|one| restarted(cx, one))).await {
            by_request += usize::from(answer?);
        }
        if by_request > 0 {
            break;
        }
    }
    let mut checks = cx.checks();
    let what = "at least one container is restarted by the request and not by the platform itself";
    checks.is_true(what, by_request > 0, "no answer tells of a restart");
    checks.finish()
}

/// Stops a workload's container behind the platform's back and asks for the workload until it
/// runs again; whether an answer told of the restart.
async fn restarted(cx: &Context, broken: &Submission) -> Result<bool, StepError> {
    let (id, node) = (broken.id(), broken.node());
    let before = running(cx, id, node).await?;
    let account = Account::open(cx, id).await?;
    let earlier = events(cx, broken)?.len();
    let faults = cx.faults(node);
    let stopping = async { faults.stop_container(before.id()).await.map_err(StepError::from) };
    let (_, answer) = tokio::try_join!(stopping, asked_for(cx, broken, earlier))?;
    let recording = &cx.get::<Watch>()?.containers[node];
    let started = cx
        .waiting(format!("{node} has told of the restart of workload {id}"))
        .wake_on_watch(recording.changed())
        .until(|| async { after(&recording.of_workload(id)[earlier..], "die", "start") })
        .await?;
    let mut checks = cx.checks();
    if let Some((result, at)) = &answer {
        let exited = result.actual_state.eq_ignore_ascii_case("Exited");
        checks.equal("workloadId", result.workload_id.as_str(), id);
        checks.equal("desiredState", result.desired_state.as_str(), "Running");
        checks.is_true("actualState is Exited", exited, result.actual_state.clone());
        checks.equal("action", result.action.as_str(), ReconcileAction::Restart.as_str());
        checks.is_true("success", result.success, result.error_message.clone());
        checks.is_true(
            "the container is started by the time of the answer",
            started.at <= *at + slack(cx),
            format!("answered at {at}, started at {}", started.at),
        );
    }
    let now = running(cx, id, node).await?;
    checks.equal("container", now.id(), before.id());
    checks.finish()?;
    // Whoever has mended it.
    account.tells_of(cx, id, ReconcileAction::Restart).await?;
    Ok(answer.is_some())
}

/// Asks for a workload until an answer tells of an action, or somebody else has acted.
async fn asked_for(
    cx: &Context,
    broken: &Submission,
    earlier: usize,
) -> Result<Option<(ReconcileResult, OffsetDateTime)>, StepError> {
    let (id, gateway) = (broken.id(), cx.gateway());
    let recording = &cx.get::<Watch>()?.containers[broken.node()];
    cx.waiting(format!("workload {id}, whose container is stopped, is reconciled"))
        .every(Duration::from_millis(20))
        .until(|| async {
            let result = match gateway.reconcile(id).await.map(|answer| answer.ok()) {
                Ok(Ok(result)) => result,
                Ok(Err(error)) => return Progress::unanswered(error),
                Err(error) => return Progress::unanswered(error),
            };
            if result.action != ReconcileAction::None.as_str() {
                return Progress::Ready(Some((result, OffsetDateTime::now_utc())));
            }
            match after(&recording.of_workload(id)[earlier..], "die", "start") {
                Progress::Ready(_) => Progress::Ready(None),
                _ => Progress::not_yet(format!("the answer is {result:?}")),
            }
        })
        .await
}

/// A pass that is asked for unpauses what is paused: no back-off is in its way.
async fn passes_over_what_is_paused(cx: &Context, broken: &[Submission]) -> StepResult {
    let taken = cx.gateway().stats().await?.ok()?.stats.actions_taken;
    let mut unpaused = 0;
    for _ in 0..ROUNDS {
        let results = passed_over(cx, broken).await?;
        unpaused += broken.len() as u64;
        if results.actions_taken == 0 {
            continue;
        }
        let mut checks = cx.checks();
        checks.between("successful", results.successful, 1, results.actions_taken);
        checks.between(
            "processed",
            results.processed,
            results.actions_taken,
            results.total_workloads,
        );
        checks.finish()?;
        return counted(cx, taken + unpaused).await;
    }
    Err(StepError::failed(format!(
        "none of {ROUNDS} passes that were asked for has acted on {BROKEN} paused containers"
    )))
}

/// Pauses the containers, asks for a pass and waits until all go on.
async fn passed_over(cx: &Context, broken: &[Submission]) -> Result<TriggerResults, StepError> {
    let earlier: Vec<usize> =
        broken.iter().map(|one| Ok(events(cx, one)?.len())).collect::<Result<_, StepError>>()?;
    let pausing = broken.iter().map(async |one| {
        let container = running(cx, one.id(), one.node()).await?;
        cx.faults(one.node()).pause_container(container.id()).await.map_err(StepError::from)
    });
    try_join_all(pausing).await?;
    let results = cx.gateway().trigger().await?.ok()?.results;
    let answered = OffsetDateTime::now_utc();
    let mut in_time = 0;
    for (one, earlier) in broken.iter().zip(earlier) {
        let recording = &cx.get::<Watch>()?.containers[one.node()];
        let unpaused = cx
            .waiting(format!("{} has told that workload {} goes on", one.node(), one.id()))
            .wake_on_watch(recording.changed())
            .until(|| async {
                after(&recording.of_workload(one.id())[earlier..], "pause", "unpause")
            })
            .await?;
        in_time += u64::from(unpaused.at <= answered + slack(cx));
    }
    let mut checks = cx.checks();
    let least = results.successful.min(1);
    checks.between("containers that go on by the time of the answer", in_time, least, u64::MAX);
    checks.finish()?;
    Ok(results)
}

/// Each action counts, whoever has taken it.
async fn counted(cx: &Context, wanted: u64) -> StepResult {
    let gateway = cx.gateway();
    cx.wait(format!("actionsTaken has reached {wanted}"), || async {
        match gateway.stats().await.map(|answer| answer.ok()) {
            Ok(Ok(reply)) if reply.stats.actions_taken >= wanted => Progress::Ready(()),
            Ok(Ok(reply)) => Progress::not_yet(format!("{:?}", reply.stats)),
            Ok(Err(error)) => Progress::unanswered(error),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

fn events(cx: &Context, of: &Submission) -> Result<Vec<DockerEvent>, StepError> {
    Ok(cx.get::<Watch>()?.containers[of.node()].of_workload(of.id()))
}

/// The remedy that came after the blow.
fn after(events: &[DockerEvent], blow: &str, remedy: &str) -> Progress<DockerEvent> {
    let since = events.iter().skip_while(|event| event.action != blow);
    match since.into_iter().find(|event| event.action == remedy) {
        Some(event) => Progress::Ready(event.clone()),
        None => {
            let actions: Vec<_> = events.iter().map(|event| &event.action).collect();
            Progress::not_yet(format!("its events: {actions:?}"))
        }
    }
}

/// Less than the time after which the platform would mend it by itself.
fn slack(cx: &Context) -> Duration {
    CLOCKS.unsigned_abs() + cx.scaled(SLACK, cx.timings().reconcile_interval() / 2)
}
