//! What has come to its end, or is well, is left alone.

use persys_contract::WorkloadStatus;

use super::{
    crash_loop::Looper,
    victim::{Victim, running, worker},
};
use crate::{
    context::Context,
    evidence::StepResult,
    scenarios::support::{Submission, Watch, two_unasked_passes, until_status},
};

/// The workload that has done its work.
struct OneShot(Submission);

pub async fn one_shot_ends(cx: &mut Context) -> StepResult {
    let workload = worker(cx, "one-shot", "echo done");
    let submission = Submission::through_gateway(cx, workload).await?;
    let workload = until_status(cx, submission.id(), WorkloadStatus::Exited).await?;
    let container = cx.docker(submission.node()).inspect(submission.id()).await?;
    let mut checks = cx.checks();
    checks.equal("exit code", container.and_then(|container| container.exit_code()), Some(0));
    checks.contains("logs", workload.logs.as_deref().unwrap_or_default(), "done");
    checks.finish()?;
    cx.put(OneShot(submission));
    Ok(())
}

pub async fn left_alone(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let one_shot = cx.get::<OneShot>()?.0.clone();
    let looper = cx.get::<Looper>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    let actions = actions_of(cx, &[&victim, &looper])?;
    two_unasked_passes(cx).await?;
    let after = running(cx, id, node).await?;
    let ended = until_status(cx, one_shot.id(), WorkloadStatus::Exited).await?;
    let given_up = until_status(cx, looper.id(), WorkloadStatus::Failed).await?;
    let mut checks = cx.checks();
    checks.equal("container", after.id(), before.id());
    checks.equal("time of its last start", after.started_at(), before.started_at());
    checks.equal("events", actions_of(cx, &[&victim, &looper])?, actions);
    let of_one_shot = cx.get::<Watch>()?.containers[one_shot.node()].actions(one_shot.id());
    let starts = of_one_shot.iter().filter(|action| *action == "start").count();
    checks.equal("starts of the one-shot workload", starts, 1);
    let retries = ended.metadata.map(|metadata| metadata.reconciliation_retry_count);
    checks.equal("retries of the one-shot workload", retries.unwrap_or_default(), 0);
    let reason = given_up.metadata.and_then(|metadata| metadata.reason);
    checks.some("the reason why the crashing workload was given up", reason);
    checks.finish()
}

fn actions_of(
    cx: &Context,
    workloads: &[&Submission],
) -> Result<Vec<Vec<String>>, crate::evidence::StepError> {
    let watch = cx.get::<Watch>()?;
    Ok(workloads.iter().map(|w| watch.containers[w.node()].actions(w.id())).collect())
}
