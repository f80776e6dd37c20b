//! What a run's results say of a defect.

use std::path::Path;

use super::{Defect, Outcome};
use crate::{
    events::{RunOutcome, Verdict, read_events},
    report::{ResultsFolder, RunSummary, ScenarioSummary, StepSummary, fold},
};

/// The results of a run, folded.
pub fn summary(results: &Path) -> Result<RunSummary, String> {
    let events = read_events(&ResultsFolder::existing(results).events())
        .map_err(|error| format!("the run left no results: {error}"))?;
    Ok(fold(&events))
}

/// Only a step that failed has caught a defect: a run that broke says nothing.
pub fn outcome(run: &RunSummary, defect: &Defect) -> Outcome {
    let caught = |verdict: Verdict| {
        matches!(verdict, Verdict::Failed | Verdict::Flaky)
            || (defect.shows_as_error && verdict == Verdict::Error)
    };
    let mut by: Vec<(&ScenarioSummary, &StepSummary)> =
        run.steps().filter(|(_, step)| has_begun(step) && caught(step.verdict())).collect();
    by.sort_by(|a, b| began(a.1).total_cmp(&began(b.1)));
    let expected = |(scenario, step): &&(&ScenarioSummary, &StepSummary)| {
        defect.expects(&scenario.id, &step.id)
    };
    if let Some((_, first)) = by.iter().find(expected).or(by.first()) {
        return Outcome::Caught {
            message: first.headline(),
            expected: by.iter().any(|step| expected(&step)),
            by: by.iter().map(|(scenario, step)| name(scenario, step)).collect(),
        };
    }
    let unjudged = |why: String| Outcome::Unjudged { why };
    let error = run.steps().find(|(_, step)| step.verdict() == Verdict::Error);
    if let Some((scenario, step)) = error {
        let name = name(scenario, step);
        return unjudged(format!("{name} ended in an error: {}", step.headline()));
    }
    if run.finished.is_none() || run.outcome() == RunOutcome::Interrupted {
        return unjudged("the run is incomplete".to_owned());
    }
    let mut expected =
        run.steps().filter(|(scenario, step)| defect.expects(&scenario.id, &step.id));
    if expected.any(|(_, step)| step.verdict() == Verdict::Passed) {
        return Outcome::Missed;
    }
    unjudged("the steps that ought to notice were skipped".to_owned())
}

/// What is amiss with a run of the sound platform.
pub fn red(run: &RunSummary) -> Option<String> {
    let bad = run.steps().find(|(_, step)| {
        matches!(step.verdict(), Verdict::Failed | Verdict::Flaky | Verdict::Error)
    });
    if let Some((scenario, step)) = bad {
        return Some(format!("{}: {}", name(scenario, step), step.headline()));
    }
    run.finished.is_none().then(|| "the run is incomplete".to_owned())
}

pub fn name(scenario: &ScenarioSummary, step: &StepSummary) -> String {
    format!("{}/{}", scenario.id, step.id)
}

/// What was only planned is an error too, of which nothing follows.
fn has_begun(step: &StepSummary) -> bool {
    !step.attempts.is_empty()
}

fn began(step: &StepSummary) -> f64 {
    step.attempts.first().map_or(f64::INFINITY, |attempt| attempt.at)
}
