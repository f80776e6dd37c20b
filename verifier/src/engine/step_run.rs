//! Runs one step within its bounds and says what to make of it.

use std::time::Duration;

use tokio::time::Instant;

use super::{Interrupt, panics::catching};
use crate::{
    context::{Context, StepFuture, brief},
    events::Verdict,
    evidence::{Look, Recorder, StepError, StepResult},
};

/// What a step has after its budget to tell what it was waiting for.
const GRACE: Duration = Duration::from_millis(500);

/// What is reported of a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub verdict: Verdict,
    pub message: String,
    pub duration: Duration,
    pub look: Look,
    /// Whether the step ran at all.
    pub began: bool,
}

impl Outcome {
    /// With what a second part of the same step showed: the worse of both verdicts.
    pub fn followed_by(self, second: Self) -> Self {
        let failed = [self.verdict, second.verdict].contains(&Verdict::Failed);
        let messages = [self.message, second.message];
        Self {
            verdict: match (self.verdict, second.verdict) {
                (_, _) if failed => Verdict::Failed,
                (Verdict::Passed, second) => second,
                (first, _) => first,
            },
            message: messages.into_iter().filter(|m| !m.is_empty()).collect::<Vec<_>>().join("\n"),
            duration: self.duration + second.duration,
            look: second.look,
            began: self.began,
        }
    }

    /// Of a step that is not begun.
    pub fn of(error: StepError) -> Self {
        Self {
            verdict: error.verdict(),
            message: error.message,
            duration: Duration::ZERO,
            look: Look::default(),
            began: false,
        }
    }
}

/// How a step ended.
enum End {
    Returned(StepResult),
    Panicked(String),
    OverBudget,
    Interrupted,
}

pub(crate) async fn run_step(
    cx: &mut Context,
    budget: Duration,
    interrupt: &Interrupt,
    run: impl for<'a> FnOnce(&'a mut Context) -> StepFuture<'a>,
) -> Outcome {
    cx.begin_step(budget);
    let (board, recorder) = (cx.board.clone(), cx.recorder().clone());
    let started = Instant::now();
    let (result, duration, look) = {
        let step = catching(async { run(cx).await });
        tokio::pin!(step);
        let end = tokio::select! {
            biased;
            end = &mut step => end.map_or_else(End::Panicked, End::Returned),
            () = interrupt.wanted() => End::Interrupted,
            () = tokio::time::sleep_until(started + budget + GRACE) => End::OverBudget,
        };
        let duration = started.elapsed();
        let look = recorder.look();
        let result = match end {
            End::Returned(result) => judge(result, &look, duration, budget, &recorder),
            End::Panicked(what) => Err(StepError::error(format!("the step panicked: {what}"))),
            End::Interrupted => Err(StepError::error(format!("interrupted; {}", board.explain()))),
            // Asked before the step is dropped, with which its waits leave the board.
            End::OverBudget => {
                let mut message =
                    format!("over its budget of {}; {}", brief(budget), board.explain());
                if let Some(last) = &look.last {
                    message.push_str(&format!("\n  the last thing seen was {last}"));
                }
                Err(StepError::failed(message))
            }
        };
        (result, duration, look)
    };
    let (verdict, message) = match result {
        Ok(()) => (Verdict::Passed, String::new()),
        Err(error) => {
            cx.drop_new();
            (error.verdict(), error.message)
        }
    };
    Outcome { verdict, message, duration, look, began: true }
}

/// A step that says it passed must have looked, in time, and at answers that
/// keep the contract's general promises.
fn judge(
    result: StepResult,
    look: &Look,
    duration: Duration,
    budget: Duration,
    recorder: &Recorder,
) -> StepResult {
    let broken = look.violations.join("\n  ✗ ");
    match result {
        Err(error) if broken.is_empty() || error.verdict() == Verdict::Skipped => Err(error),
        Err(error) => Err(StepError {
            message: format!(
                "{}\n  besides, answers broke the contract:\n  ✗ {broken}",
                error.message
            ),
            ..error
        }),
        Ok(()) if !broken.is_empty() => Err(StepError::failed(format!(
            "answers broke the contract: {}",
            look.violations.join("; ")
        ))),
        Ok(()) if !look.defects.is_empty() => Err(StepError::error(look.defects.join("; "))),
        Ok(()) if look.observations == 0 => {
            recorder.emit(crate::events::Body::Evidence(crate::events::Evidence {
                kind: "note".into(),
                summary: "the step returned without having recorded anything".into(),
                ..Default::default()
            }));
            Err(StepError::error("passed without looking: the step recorded no evidence"))
        }
        Ok(()) if duration > budget => Err(StepError::failed(format!(
            "took {}, over its budget of {}",
            brief(duration),
            brief(budget)
        ))),
        Ok(()) => Ok(()),
    }
}
