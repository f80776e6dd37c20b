//! What a number of runs showed together.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde::Serialize;

use super::{Difference, Interval, wilson};
use crate::{
    events::{RunOutcome, Verdict, read_events},
    report::{ResultsFolder, RunSummary},
};

/// One of the runs.
#[derive(Debug)]
pub struct Tried {
    pub folder: PathBuf,
    pub run: RunSummary,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StressSummary {
    /// How many were asked for.
    pub wanted: usize,
    /// How many were carried out; fewer if it was interrupted.
    pub runs: usize,
    /// Runs that did not pass.
    pub failed: usize,
    /// Of the share of them, 95 %.
    pub interval: Interval,
    /// Steps that did not pass each time, the most frequent first.
    pub steps: Vec<Wavering>,
    /// Steps that were skipped each time, and why: nothing is known of them.
    pub never_judged: BTreeMap<String, String>,
    /// How many steps passed or did not at least once.
    pub judged: usize,
}

/// A step that did not pass each time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wavering {
    /// `scenario/step`.
    pub step: String,
    /// How often it failed or ended in an error.
    pub failed: usize,
    /// How often it passed or did not; skips count for neither.
    pub judged: usize,
    pub interval: Interval,
    /// Why, the first time.
    pub message: String,
    /// The results of the first run in which it did not pass.
    pub folder: PathBuf,
    /// Where that run parts from the first in which it passed, if there is one.
    pub difference: Option<Difference>,
}

impl StressSummary {
    /// `wanted` is how many runs were asked for.
    pub fn of(tried: &[Tried], wanted: usize) -> Self {
        let failed = tried.iter().filter(|one| one.run.outcome() != RunOutcome::Passed).count();
        let seen = by_step(tried);
        let (skipped, judged): (Vec<_>, Vec<_>) =
            seen.into_iter().partition(|(_, seen)| seen.iter().all(Seen::is_skipped));
        let why = |seen: &[Seen<'_>]| seen.first().map_or("", |seen| seen.message).to_owned();
        let never_judged = skipped.into_iter().map(|(step, seen)| (step, why(&seen))).collect();
        let count = judged.len();
        let mut steps: Vec<_> =
            judged.into_iter().filter_map(|(step, seen)| wavering(step, &seen)).collect();
        steps.sort_by_key(|step| std::cmp::Reverse(step.failed));
        let interval = wilson(failed, tried.len());
        let runs = tried.len();
        Self { wanted, runs, failed, interval, steps, never_judged, judged: count }
    }

    /// Whether it ended before all runs had been carried out.
    pub fn is_interrupted(&self) -> bool {
        self.runs < self.wanted
    }

    /// Whether anything is known of the platform.
    pub fn has_proved(&self) -> bool {
        self.judged > 0
    }

    pub fn has_failed(&self) -> bool {
        self.failed > 0
    }
}

struct Seen<'a> {
    verdict: Verdict,
    message: &'a str,
    folder: &'a PathBuf,
}

impl Seen<'_> {
    fn is_skipped(&self) -> bool {
        self.verdict == Verdict::Skipped
    }

    /// One that passed when it was tried again did not pass.
    fn is_bad(&self) -> bool {
        self.verdict.is_bad() || self.verdict == Verdict::Flaky
    }
}

fn by_step(tried: &[Tried]) -> BTreeMap<String, Vec<Seen<'_>>> {
    let mut all: BTreeMap<String, Vec<Seen<'_>>> = BTreeMap::new();
    for Tried { folder, run } in tried {
        for (scenario, step) in run.steps() {
            let message = step.last().map_or("", |last| &last.message);
            let seen = Seen { verdict: step.verdict(), message, folder };
            all.entry(format!("{}/{}", scenario.id, step.id)).or_default().push(seen);
        }
    }
    all
}

fn wavering(step: String, seen: &[Seen<'_>]) -> Option<Wavering> {
    let first = seen.iter().find(|seen| seen.is_bad())?;
    let failed = seen.iter().filter(|seen| seen.is_bad()).count();
    let judged = seen.iter().filter(|seen| !seen.is_skipped()).count();
    let passed = seen.iter().find(|seen| seen.verdict == Verdict::Passed);
    // Without its events a run has no difference to show; the rest holds.
    let events = |folder| read_events(&ResultsFolder::existing(folder).events()).ok();
    let difference = passed.and_then(|passed| {
        Difference::first(&events(passed.folder)?, &events(first.folder)?, &step)
    });
    Some(Wavering {
        step,
        failed,
        judged,
        interval: wilson(failed, judged),
        message: first.message.to_owned(),
        folder: first.folder.clone(),
        difference,
    })
}

impl fmt::Display for StressSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.runs {
            0 => "NOTHING WAS PROVED",
            _ if self.has_failed() => "FAILED",
            _ if self.is_interrupted() => "INTERRUPTED",
            _ if !self.has_proved() => "NOTHING WAS PROVED",
            _ => "PASSED",
        };
        writeln!(f, "{word}  {}", rate(self.failed, self.runs, "runs", self.interval))?;
        if self.is_interrupted() {
            writeln!(f, "  interrupted after {} of {} runs", self.runs, self.wanted)?;
        }
        self.steps.iter().try_for_each(|step| write!(f, "{step}"))?;
        let mut skipped = self.never_judged.iter();
        skipped.try_for_each(|(step, why)| writeln!(f, "  skipped each time: {step}: {why}"))
    }
}

impl fmt::Display for Wavering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  ✗ {}: {}",
            self.step,
            rate(self.failed, self.judged, "times", self.interval)
        )?;
        for line in self.message.lines() {
            writeln!(f, "      {line}")?;
        }
        if let Some(difference) = &self.difference {
            let ended = || "(nothing more)".to_owned();
            writeln!(f, "    after {} events alike", difference.alike)?;
            let sides = [("passing", &difference.passing), ("failing", &difference.failing)];
            for (side, text) in sides {
                let text = text.clone().unwrap_or_else(ended);
                writeln!(f, "      {side}  {}", text.replace('\n', "\n               "))?;
            }
        }
        writeln!(f, "    report   {}", self.folder.display())
    }
}

fn rate(failed: usize, all: usize, what: &str, interval: Interval) -> String {
    let percent = |share: f64| share * 100.0;
    format!(
        "{failed} of {all} {what} did not pass: {:.1} % (95 % sure: {:.1} to {:.1} %)",
        if all == 0 { 0.0 } else { percent(failed as f64 / all as f64) },
        percent(interval.low),
        percent(interval.high)
    )
}
