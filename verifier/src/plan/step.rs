//! A step: one testcase of the report.

use super::{Budget, Requirement};
use crate::{
    context::{Context, StepFn},
    evidence::{StepError, StepResult},
    step,
};

/// The label of a step that takes away what a step that it needs has disturbed: it is run
/// whenever that one is.
pub const HEALS: &str = "heals";

#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Stable and unique within the scenario, `[a-z0-9-]+`.
    pub id: &'static str,
    /// The objective, as a sentence that is true when the step passes.
    pub title: &'static str,
    /// Where it is asked for, such as `strategy §1 step 1`.
    pub source: &'static str,
    /// `smoke` puts the step into the smoke profile; `full` keeps it out of
    /// there although its scenario is in it; for `heals` see [`HEALS`].
    pub labels: &'static [&'static str],
    /// Steps of the same scenario, earlier in it, that must have passed.
    pub needs: &'static [&'static str],
    pub requires: &'static [Requirement],
    pub budget: Budget,
    /// Made with [`step!`](crate::step).
    pub run: StepFn,
}

impl Step {
    /// What a table's lines begin from: `Step { id: …, run: …, ..Step::BLANK }`.
    pub const BLANK: Self = Self {
        id: "",
        title: "",
        source: "",
        labels: &[],
        needs: &[],
        requires: &[],
        budget: Budget::seconds(10),
        run: step!(unwritten),
    };

    /// The tables of a scenario's parts one behind the other. `N` must be their length.
    pub const fn join<const N: usize>(parts: &[&[Self]]) -> [Self; N] {
        let mut steps = [Self::BLANK; N];
        let (mut part, mut next) = (0, 0);
        while part < parts.len() {
            let mut i = 0;
            while i < parts[part].len() {
                steps[next] = parts[part][i];
                (i, next) = (i + 1, next + 1);
            }
            part += 1;
        }
        assert!(next == N, "the parts are fewer");
        steps
    }
}

async fn unwritten(_: &mut Context) -> StepResult {
    Err(StepError::error("the step has nothing to run: its line of the table lacks `run`"))
}
