//! The verdicts of a run so far, and what they make of the run.

use std::collections::BTreeMap;

use crate::events::{PlannedScenario, RunOutcome, Verdict};

#[derive(Default)]
pub(crate) struct Tally {
    /// Of each planned step, in order of the attempts.
    steps: BTreeMap<(String, String), Vec<Verdict>>,
}

impl Tally {
    pub fn of_plan(plan: &[PlannedScenario]) -> Self {
        let steps = plan
            .iter()
            .flat_map(|scenario| {
                scenario.steps.iter().map(|step| (scenario.id.clone(), step.id.clone()))
            })
            .map(|key| (key, Vec::new()))
            .collect();
        Self { steps }
    }

    pub fn add(&mut self, scenario: &str, step: &str, verdict: Verdict) {
        self.steps.entry((scenario.into(), step.into())).or_default().push(verdict);
    }

    pub fn outcome(&self, flaky_fails: bool) -> RunOutcome {
        RunOutcome::of_steps(self.verdicts().map(|(_, _, verdict)| verdict), flaky_fails)
    }

    /// Of each planned step, with its scenario. One that was never reported is an error.
    pub fn verdicts(&self) -> impl Iterator<Item = (&str, &str, Verdict)> {
        self.steps.iter().map(|((scenario, step), attempts)| {
            let verdict = Verdict::of_attempts(attempts).unwrap_or(Verdict::Error);
            (scenario.as_str(), step.as_str(), verdict)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdicts: &[&[Verdict]]) -> RunOutcome {
        let mut tally = Tally::default();
        for (n, attempts) in verdicts.iter().enumerate() {
            tally.steps.insert(("s".into(), n.to_string()), attempts.to_vec());
        }
        tally.outcome(true)
    }

    #[test]
    fn the_outcome_follows_the_gravest_step() {
        use Verdict::{Error, Failed, Passed, Quarantined, Skipped};
        assert_eq!(outcome(&[&[Passed], &[Skipped]]), RunOutcome::Passed);
        assert_eq!(outcome(&[&[Skipped]]), RunOutcome::NothingRan);
        assert_eq!(outcome(&[&[Passed], &[Quarantined]]), RunOutcome::Passed);
        assert_eq!(outcome(&[&[Skipped], &[Quarantined]]), RunOutcome::NothingRan);
        assert_eq!(outcome(&[&[Passed], &[Error]]), RunOutcome::Error);
        assert_eq!(outcome(&[&[Failed], &[Error]]), RunOutcome::Failed);
        assert_eq!(outcome(&[&[Failed, Passed]]), RunOutcome::Failed);
        assert_eq!(outcome(&[&[Passed], &[]]), RunOutcome::Error, "planned, never reported");
    }

    #[test]
    fn flakiness_can_be_let_pass() {
        let mut tally = Tally::default();
        tally.add("s", "a", Verdict::Failed);
        tally.add("s", "a", Verdict::Passed);
        assert_eq!(tally.outcome(false), RunOutcome::Passed);
    }
}
