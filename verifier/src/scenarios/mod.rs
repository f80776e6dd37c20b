//! Every scenario, in the order in which they run.

mod basic_workflow;
mod error_handling;
mod invariants;
mod reconciliation;
mod support;

use crate::plan::{Invariant, Scenario};

pub const ALL: &[&Scenario] =
    &[&basic_workflow::SCENARIO, &reconciliation::SCENARIO, &error_handling::SCENARIO];

/// Checked at the end of every scenario.
pub const INVARIANTS: &[Invariant] = invariants::ALL;
