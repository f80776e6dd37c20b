//! What a run's results say of one step.

use std::path::Path;

use super::step_name::StepName;
use crate::{
    events::{RunOutcome, Verdict, read_events},
    report::{ResultsFolder, RunSummary, StepSummary, fold},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    Good(String),
    Bad(String),
    Skip(String),
    /// Once more, and if it is the same then, skip.
    Incomplete(String),
}

/// The results of a run, and the step in them.
pub fn read(results: &Path, step: &StepName) -> Reading {
    let events = match read_events(&ResultsFolder::existing(results).events()) {
        Ok(events) => events,
        Err(error) => return Reading::Incomplete(format!("the run left no results: {error}")),
    };
    of_run(&fold(&events), step)
}

fn of_run(run: &RunSummary, name: &StepName) -> Reading {
    let Some(step) = find(run, name) else {
        return Reading::Skip("the step is not in the run's plan".to_owned());
    };
    if run.finished.is_none() || run.outcome() == RunOutcome::Interrupted {
        return Reading::Incomplete("the run is incomplete".to_owned());
    }
    let headline = step.headline();
    match step.verdict() {
        Verdict::Passed => Reading::Good(format!("passed in {:.1} s", step.duration_ms() / 1000.0)),
        Verdict::Failed | Verdict::Flaky | Verdict::Quarantined => Reading::Bad(headline),
        Verdict::Skipped => Reading::Skip(format!("the step was skipped: {headline}")),
        Verdict::Error => Reading::Incomplete(format!("the step ended in an error: {headline}")),
    }
}

/// The step of that name.
pub fn find<'a>(run: &'a RunSummary, name: &StepName) -> Option<&'a StepSummary> {
    let mut steps = run.steps();
    let found = steps.find(|(scenario, step)| scenario.id == name.scenario && step.id == name.step);
    found.map(|(_, step)| step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        events::RunFinished,
        report::{Attempt, ScenarioSummary},
    };

    fn name() -> StepName {
        StepName { scenario: "s".to_owned(), step: "x".to_owned() }
    }

    fn run(outcome: Option<RunOutcome>, verdicts: &[Verdict]) -> RunSummary {
        let attempts = verdicts.iter().map(|verdict| Attempt {
            verdict: Some(*verdict),
            message: "why\nmore".to_owned(),
            ..Attempt::default()
        });
        let step =
            StepSummary { id: "x".into(), attempts: attempts.collect(), ..Default::default() };
        let scenario = ScenarioSummary { id: "s".into(), steps: vec![step], ..Default::default() };
        let finished = outcome.map(|outcome| RunFinished {
            outcome,
            exit_code: outcome.exit_code(),
            duration_ms: 1.0,
        });
        RunSummary { scenarios: vec![scenario], finished, ..RunSummary::default() }
    }

    #[test]
    fn only_a_step_that_failed_is_blamed() {
        use Reading::{Bad, Good, Incomplete, Skip};
        let failed = Some(RunOutcome::Failed);
        let read = |run| of_run(&run, &name());
        assert!(matches!(read(run(failed, &[Verdict::Passed])), Good(_)));
        assert_eq!(read(run(failed, &[Verdict::Failed])), Bad("why".to_owned()));
        assert!(matches!(read(run(failed, &[Verdict::Failed, Verdict::Passed])), Bad(_)));
        assert!(matches!(read(run(failed, &[Verdict::Skipped])), Skip(_)));
        assert!(matches!(read(run(failed, &[Verdict::Error])), Incomplete(_)));
        assert!(matches!(read(run(failed, &[])), Incomplete(_)));
        assert!(matches!(read(run(None, &[Verdict::Failed])), Incomplete(_)));
        let interrupted = Some(RunOutcome::Interrupted);
        assert!(matches!(read(run(interrupted, &[Verdict::Failed])), Incomplete(_)));
        let elsewhere = StepName { step: "y".to_owned(), ..name() };
        assert!(matches!(of_run(&run(failed, &[Verdict::Failed]), &elsewhere), Skip(_)));
    }

    #[test]
    fn a_run_without_results_is_incomplete() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(folder.path(), &name()), Reading::Incomplete(_)));
    }
}
