//! What is known of a run, by scenario, step and attempt.

use super::{story::Story, timeline::Timeline};
use crate::events::{LogSlice, Measurement, RunFinished, RunOutcome, RunStarted, Verdict, Waiting};

/// What is said of a planned step of which nothing was heard.
const NEVER_REPORTED: &str = "planned, never reported";

#[derive(Clone, Debug, Default)]
pub struct RunSummary {
    pub started: RunStarted,
    /// RFC 3339.
    pub timestamp: String,
    pub scenarios: Vec<ScenarioSummary>,
    /// The caller's and those made on the way.
    pub notes: Vec<String>,
    pub finished: Option<RunFinished>,
    /// Milliseconds from the start to the last event.
    pub last_ms: f64,
    pub timeline: Timeline,
}

#[derive(Clone, Debug, Default)]
pub struct ScenarioSummary {
    pub id: String,
    pub title: String,
    pub objective: String,
    pub source: String,
    /// RFC 3339; absent until it starts.
    pub timestamp: Option<String>,
    /// Of all attempts that came to an end.
    pub finished_ms: f64,
    pub attempts: u32,
    pub steps: Vec<StepSummary>,
    /// Of the last attempt.
    pub measurements: Vec<Measurement>,
    /// How long each HTTP answer of the last attempt took, in milliseconds.
    pub responses: Vec<f64>,
}

#[derive(Clone, Debug, Default)]
pub struct StepSummary {
    pub id: String,
    pub title: String,
    pub source: String,
    pub budget_ms: u64,
    pub attempts: Vec<Attempt>,
}

#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// When it began, in milliseconds since the run's start.
    pub at: f64,
    /// Absent while it runs, and for ever if the verifier was killed then.
    pub verdict: Option<Verdict>,
    pub message: String,
    pub duration_ms: f64,
    pub observations: u64,
    pub repeated: u64,
    pub waiting: Option<Waiting>,
    pub story: Story,
    pub logs: Vec<LogSlice>,
}

/// How many there are of each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: usize,
    pub passed: usize,
    pub failed: usize,
    pub errors: usize,
    pub skipped: usize,
    pub flaky: usize,
    pub quarantined: usize,
}

impl Counts {
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            counts.total += 1;
            *match verdict {
                Verdict::Passed => &mut counts.passed,
                Verdict::Failed => &mut counts.failed,
                Verdict::Error => &mut counts.errors,
                Verdict::Skipped => &mut counts.skipped,
                Verdict::Flaky => &mut counts.flaky,
                Verdict::Quarantined => &mut counts.quarantined,
            } += 1;
        }
        counts
    }
}

impl RunSummary {
    pub fn steps(&self) -> impl Iterator<Item = (&ScenarioSummary, &StepSummary)> {
        self.scenarios.iter().flat_map(|s| s.steps.iter().map(move |step| (s, step)))
    }

    pub fn step_counts(&self) -> Counts {
        Counts::of(self.steps().map(|(_, step)| step.verdict()))
    }

    pub fn scenario_counts(&self) -> Counts {
        Counts::of(self.scenarios.iter().map(ScenarioSummary::verdict))
    }

    /// How the run ended. One without an end is incomplete.
    pub fn outcome(&self) -> RunOutcome {
        self.finished.as_ref().map_or(RunOutcome::Error, |finished| finished.outcome)
    }

    pub fn duration_ms(&self) -> f64 {
        self.finished.as_ref().map_or(self.last_ms, |finished| finished.duration_ms)
    }
}

impl ScenarioSummary {
    pub fn duration_ms(&self) -> f64 {
        let steps: f64 = self.steps.iter().map(StepSummary::duration_ms).sum();
        self.finished_ms.max(steps)
    }

    pub fn verdict(&self) -> Verdict {
        Verdict::of_all(self.steps.iter().map(StepSummary::verdict))
    }

    /// How long an HTTP answer took, in milliseconds, on average.
    pub fn response_ms(&self) -> Option<f64> {
        let count = self.responses.len();
        (count > 0).then(|| self.responses.iter().sum::<f64>() / count as f64)
    }

    /// Which share of the steps that were not skipped has passed.
    pub fn success_rate(&self) -> Option<f64> {
        let verdicts = self.steps.iter().map(StepSummary::verdict);
        let judged: Vec<_> = verdicts.filter(|verdict| *verdict != Verdict::Skipped).collect();
        let passed = judged.iter().filter(|verdict| **verdict == Verdict::Passed).count();
        (!judged.is_empty()).then(|| passed as f64 / judged.len() as f64)
    }
}

impl StepSummary {
    pub fn verdict(&self) -> Verdict {
        let verdicts: Vec<Verdict> =
            self.attempts.iter().map(|attempt| attempt.verdict.unwrap_or(Verdict::Error)).collect();
        Verdict::of_attempts(&verdicts).unwrap_or(Verdict::Error)
    }

    /// The attempt that the verdict is of: the last, unless that was skipped after one that was not.
    pub fn last(&self) -> Option<&Attempt> {
        let (last, earlier) = self.attempts.split_last()?;
        let wrong = |attempt: &&Attempt| attempt.verdict.is_some_and(Verdict::went_wrong);
        let decided =
            earlier.iter().rev().find(wrong).filter(|_| last.verdict == Some(Verdict::Skipped));
        Some(decided.unwrap_or(last))
    }

    pub fn duration_ms(&self) -> f64 {
        self.attempts.iter().map(|attempt| attempt.duration_ms).sum()
    }

    /// Why it did not pass; empty if it did.
    pub fn message(&self) -> String {
        let Some(last) = self.last() else { return NEVER_REPORTED.to_owned() };
        let Some(_) = last.verdict else {
            return match &last.waiting {
                Some(waiting) => format!(
                    "began, never reported; was waiting until {}; last status: {}",
                    waiting.what, waiting.status
                ),
                None => "began, never reported".to_owned(),
            };
        };
        if self.verdict() != Verdict::Flaky {
            return last.message.clone();
        }
        let bad = self
            .attempts
            .iter()
            .enumerate()
            .find(|(_, attempt)| attempt.verdict.is_some_and(Verdict::is_bad));
        bad.map_or_else(String::new, |(n, attempt)| {
            let (n, of) = (n + 1, self.attempts.len());
            format!("flaky: passed in attempt {of}, but not in attempt {n}: {}", attempt.message)
        })
    }

    /// The message's first line, which stands alone.
    pub fn headline(&self) -> String {
        self.message().lines().next().unwrap_or_default().trim_end().to_owned()
    }
}
