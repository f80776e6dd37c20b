//! What must hold: what was wrong on the way, and what is wrong once the platform has had its
//! time.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

use super::{
    final_look,
    stage::{Stage, aftermath},
};
use crate::{
    chaos::{Invariant, Violation, judge_discovery, judge_presence, judge_runs, judge_statuses},
    context::Context,
    evidence::{Progress, StepError, StepErrorKind, StepResult},
};

const EVERY: Duration = Duration::from_millis(500);
/// Whose time is over is still looked at for so long.
const LEAST: Duration = Duration::from_secs(3);

pub async fn faults_healed(cx: &mut Context) -> StepResult {
    let unhealed = aftermath(cx)?.unhealed.clone();
    let violated = |text: String| Violation::in_the_end(Invariant::FaultsHealed, text);
    let on_the_way: Vec<Violation> = unhealed.into_iter().map(violated).collect();
    let look = || async {
        let mut violations = Vec::new();
        for (machine, daemon) in cx.probes().all_faults() {
            for lease in daemon.leases().await? {
                let fault = &lease.fault;
                violations.push(violated(format!("{machine} still has a fault: {fault}")));
            }
            for report in daemon.components().await? {
                let component = report.component;
                if !component.state.is_running() {
                    let (name, state) = (component.name, component.state.as_str());
                    violations.push(violated(format!("{name} of {machine} is {state}")));
                }
            }
        }
        Ok(violations)
    };
    holds(cx, Invariant::FaultsHealed, on_the_way, look).await
}

/// Of answers alone: what they were is known already.
pub async fn answers(cx: &mut Context) -> StepResult {
    let on_the_way = found(cx, Invariant::AnswersKeepContract)?;
    let stage = cx.get::<Stage>()?;
    let answers = stage.history.lines().len();
    cx.record("chaos", format!("a history of {answers} lines was judged"), serde_json::Value::Null);
    conclude(cx, on_the_way, Vec::new())
}

pub async fn presence(cx: &mut Context) -> StepResult {
    let fates = cx.get::<Stage>()?.fates();
    let look = || async { Ok(judge_presence(&fates, &final_look::state(cx).await?)) };
    let invariant = Invariant::NothingAcknowledgedLost;
    holds(cx, invariant, found(cx, invariant)?, look).await
}

pub async fn runs(cx: &mut Context) -> StepResult {
    let stage = cx.get::<Stage>()?;
    let fates = stage.fates();
    let look = || async {
        Ok(judge_runs(&fates, &final_look::state(cx).await?, &final_look::stories(stage)))
    };
    let invariant = Invariant::NothingRunsTwice;
    holds(cx, invariant, found(cx, invariant)?, look).await
}

pub async fn statuses(cx: &mut Context) -> StepResult {
    let fates = cx.get::<Stage>()?.fates();
    let look = || async { Ok(judge_statuses(&fates, &final_look::state(cx).await?)) };
    let invariant = Invariant::StatusesTrue;
    holds(cx, invariant, found(cx, invariant)?, look).await
}

pub async fn discovery(cx: &mut Context) -> StepResult {
    let look = || async { Ok(judge_discovery(&final_look::discovery(cx).await?)) };
    let invariant = Invariant::DiscoveryAgrees;
    holds(cx, invariant, found(cx, invariant)?, look).await
}

/// What was wrong on the way.
fn found(cx: &Context, invariant: Invariant) -> Result<Vec<Violation>, StepError> {
    let all = &aftermath(cx)?.violations;
    Ok(all.iter().filter(|violation| violation.invariant == invariant).cloned().collect())
}

/// Waits until nothing is wrong any more, at most until the platform has had its time.
async fn holds<F, Fut>(
    cx: &Context,
    invariant: Invariant,
    on_the_way: Vec<Violation>,
    look: F,
) -> StepResult
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<Vec<Violation>, StepError>> + Send,
{
    let left = aftermath(cx)?.settled_by.saturating_duration_since(Instant::now());
    let last = super::stage::Shared::<Vec<Violation>>::default();
    let waited = cx
        .waiting(format!("{invariant} holds"))
        .within(left.max(LEAST))
        .every(EVERY)
        .until(|| async {
            match look().await {
                Ok(violations) if violations.is_empty() => Progress::Ready(()),
                Ok(violations) => {
                    let status = listed(&violations);
                    last.with(|last| *last = violations);
                    Progress::NotYet(status)
                }
                Err(error) => Progress::unanswered(error),
            }
        })
        .await;
    match waited {
        Ok(()) => conclude(cx, on_the_way, Vec::new()),
        Err(error) => {
            let in_the_end = last.with(std::mem::take);
            if in_the_end.is_empty() {
                // Nobody could be asked: the platform's doing, for all faults are gone.
                return Err(StepError { kind: StepErrorKind::Failed, ..error });
            }
            let told = conclude(cx, on_the_way, in_the_end);
            told.map_err(|told| StepError {
                message: format!(
                    "{}\n  {}",
                    told.message,
                    error.message.lines().skip(1).collect::<Vec<_>>().join("\n  ").trim()
                ),
                ..told
            })
        }
    }
}

fn conclude(cx: &Context, on_the_way: Vec<Violation>, in_the_end: Vec<Violation>) -> StepResult {
    if let Ok(stage) = cx.get::<Stage>() {
        stage.tell(&in_the_end);
    }
    let all = [on_the_way, in_the_end].concat();
    if all.is_empty() { Ok(()) } else { Err(StepError::failed(listed(&all))) }
}

/// The first in a line that stands alone, then all of them.
fn listed(violations: &[Violation]) -> String {
    let first = violations.first().map(ToString::to_string).unwrap_or_default();
    let more = match violations.len() {
        0 | 1 => return first,
        n => format!("{first} (and {} more)", n - 1),
    };
    violations.iter().fold(more, |text, violation| format!("{text}\n  ✗ {violation}"))
}
