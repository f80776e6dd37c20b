//! Undoes at the end of a scenario what has to be undone, whatever happened in it.

use std::{future::Future, time::Duration};

use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::{Interrupt, panics::catching, step_run::Outcome};
use crate::{
    context::{CleanUp, CleanUps, brief},
    events::Verdict,
    evidence::{Recorder, StepError, StepErrorKind, StepResult},
};

/// All clean-ups together, once somebody wants the run to end.
const HURRIED: Duration = Duration::from_secs(10);

/// Undoes everything, the latest first. One that fails or hangs does not keep the
/// others from running.
pub(crate) async fn clean_up(
    clean_ups: CleanUps,
    budget: Duration,
    interrupt: &Interrupt,
    recorder: &Recorder,
) -> Outcome {
    let started = Instant::now();
    let mut deadline = started + budget;
    let mut hurried = false;
    let (mut failures, mut failed) = (Vec::new(), false);
    while let Some(CleanUp { what, run }) = clean_ups.pop() {
        let begun = Instant::now();
        let run = guarded(run);
        tokio::pin!(run);
        let result = loop {
            let until = share(begun, deadline, clean_ups.len());
            tokio::select! {
                biased;
                () = interrupt.wanted(), if !hurried => {
                    hurried = true;
                    deadline = deadline.min(Instant::now() + HURRIED);
                }
                result = &mut run => break result,
                () = interrupt.insisted() => break Err(StepError::error("interrupted")),
                () = sleep_until(until) => {
                    let waited = brief(begun.elapsed());
                    break Err(StepError::error(format!("not done within {waited}")));
                }
            }
        };
        match result {
            Ok(()) => recorder.record("note", format!("clean-up: {what}"), Value::Null),
            Err(error) => {
                failed |= error.kind == StepErrorKind::Failed;
                failures.push(format!("failed to {what}: {error}"));
            }
        }
    }
    Outcome {
        verdict: match failures.is_empty() {
            true => Verdict::Passed,
            false if failed => Verdict::Failed,
            false => Verdict::Error,
        },
        message: failures.join("\n"),
        duration: started.elapsed(),
        look: recorder.look(),
        began: true,
    }
}

/// Half of what is left, so that something is left for the others; all of it for
/// the last one.
fn share(begun: Instant, deadline: Instant, others: usize) -> Instant {
    let left = deadline.saturating_duration_since(begun);
    begun + if others == 0 { left } else { left / 2 }
}

/// A panic becomes an error.
pub(crate) async fn guarded(run: impl Future<Output = StepResult>) -> StepResult {
    let panicked = |what| Err(StepError::error(format!("it panicked: {what}")));
    catching(run).await.unwrap_or_else(panicked)
}
