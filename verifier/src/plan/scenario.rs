//! A scenario: a story in steps, as plain constant data.

use super::{Requirement, Step};
use crate::context::StepFn;

/// The id of the testcase that checks what must hold after every scenario.
pub const INVARIANTS: &str = "invariants";
/// The id of every scenario's last testcase.
pub const CLEAN_UP: &str = "clean-up";
/// The label of a scenario that measures, and so needs the machine for itself: beside other
/// verifiers it runs alone, if they share a lock.
pub const EXCLUSIVE: &str = "exclusive";

#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Stable, `[a-z0-9-]+`; part of every report.
    pub id: &'static str,
    pub title: &'static str,
    /// What is proved, in a sentence.
    pub objective: &'static str,
    /// Where it is asked for, such as `strategy §1`.
    pub source: &'static str,
    /// `smoke` puts it into the smoke profile; `chaos`, `perf` and `soak` keep
    /// it out of the full one; for `exclusive` see [`EXCLUSIVE`].
    pub labels: &'static [&'static str],
    pub requires: &'static [Requirement],
    pub steps: &'static [Step],
}

impl Scenario {
    pub fn is_exclusive(&self) -> bool {
        self.labels.contains(&EXCLUSIVE)
    }
}

/// What must hold after every scenario, whatever it did.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    pub id: &'static str,
    pub title: &'static str,
    pub run: StepFn,
}
