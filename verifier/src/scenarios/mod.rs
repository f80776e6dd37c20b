//! Every scenario, in the order in which they run.

mod basic_workflow;
mod invariants;
mod performance;
mod reconciliation;
mod support;

use crate::plan::{Invariant, Scenario};

pub const ALL: &[&Scenario] =
    &[&basic_workflow::SCENARIO, &reconciliation::SCENARIO, &performance::SCENARIO];

/// Checked at the end of every scenario.
pub const INVARIANTS: &[Invariant] = invariants::ALL;
