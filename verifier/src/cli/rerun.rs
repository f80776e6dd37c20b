//! `--rerun DIR`: what did not pass in an earlier run.

use std::{collections::BTreeSet, path::Path};

use crate::{
    events::{ReadError, Verdict, read_events},
    plan::{Pattern, Scenario},
    report::{ResultsFolder, RunSummary, fold},
};

/// Why nothing can be run again.
#[derive(Debug, thiserror::Error)]
pub enum RerunError {
    #[error("failed to read the run to run again: {0}; name the folder of its results")]
    Unreadable(#[from] ReadError),
    #[error(
        "{0}: every step of that run passed or was skipped by rights; there is nothing to run again"
    )]
    AllPassed(String),
}

/// The steps that failed, did not come to an end or had to wait in vain for one of these. What
/// the topology has not is skipped again whoever asks, and is no reason to run anything.
pub fn not_passed(folder: &Path, table: &[&'static Scenario]) -> Result<Vec<Pattern>, RerunError> {
    let run = fold(&read_events(&ResultsFolder::existing(folder).events())?);
    let steps = steps(&run, table);
    if steps.is_empty() {
        return Err(RerunError::AllPassed(folder.display().to_string()));
    }
    Ok(steps)
}

fn steps(run: &RunSummary, table: &[&'static Scenario]) -> Vec<Pattern> {
    let mut again = Vec::new();
    for earlier in &run.scenarios {
        let known = table.iter().find(|scenario| scenario.id == earlier.id);
        let mut open = BTreeSet::new();
        // Steps need only earlier steps.
        for step in &earlier.steps {
            let known = known.and_then(|scenario| scenario.steps.iter().find(|k| k.id == step.id));
            let needs = known.map_or(&[][..], |known| known.needs);
            let wanted = match step.verdict() {
                Verdict::Passed => false,
                Verdict::Skipped => needs.iter().any(|need| open.contains(need)),
                Verdict::Quarantined | Verdict::Flaky | Verdict::Error | Verdict::Failed => true,
            };
            if wanted {
                open.insert(step.id.as_str());
                // What no table has, such as the invariants, judges all that went before.
                let step = known.map(|known| known.id.to_owned());
                again.push(Pattern { scenario: earlier.id.clone(), step });
            }
        }
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::Step,
        report::{Attempt, ScenarioSummary, StepSummary},
    };

    const TABLE: &[&Scenario] = &[&Scenario {
        id: "s",
        title: "",
        objective: "",
        source: "",
        labels: &[],
        requires: &[],
        steps: &[
            Step { id: "first", ..Step::BLANK },
            Step { id: "second", needs: &["first"], ..Step::BLANK },
            Step { id: "third", needs: &["second"], ..Step::BLANK },
        ],
    }];

    fn again(verdicts: &[(&str, Option<Verdict>)]) -> Vec<String> {
        let made = verdicts.iter().map(|(id, verdict)| StepSummary {
            id: (*id).to_owned(),
            attempts: vec![Attempt { verdict: *verdict, ..Attempt::default() }],
            ..StepSummary::default()
        });
        let scenario = ScenarioSummary {
            id: "s".to_owned(),
            steps: made.collect(),
            ..ScenarioSummary::default()
        };
        let run = RunSummary { scenarios: vec![scenario], ..RunSummary::default() };
        steps(&run, TABLE).iter().map(Pattern::to_string).collect()
    }

    #[test]
    fn what_failed_and_what_waited_for_it_is_wanted() {
        use Verdict::{Error, Failed, Flaky, Passed, Quarantined, Skipped};
        let of = |first, second, third| {
            again(&[("first", Some(first)), ("second", Some(second)), ("third", Some(third))])
        };
        assert_eq!(of(Passed, Passed, Passed), Vec::<String>::new());
        assert_eq!(of(Passed, Skipped, Passed), Vec::<String>::new());
        assert_eq!(of(Passed, Failed, Skipped), ["s/second", "s/third"]);
        assert_eq!(of(Error, Skipped, Skipped), ["s/first", "s/second", "s/third"]);
        assert_eq!(of(Flaky, Passed, Passed), ["s/first"]);
        assert_eq!(of(Quarantined, Skipped, Passed), ["s/first", "s/second"]);
    }

    #[test]
    fn what_never_ended_and_what_ends_a_scenario_is_wanted_too() {
        let passed = Some(Verdict::Passed);
        assert_eq!(again(&[("first", passed), ("second", None)]), ["s/second"]);
        assert_eq!(again(&[("first", passed), ("invariants", Some(Verdict::Failed))]), ["s"]);
    }
}
