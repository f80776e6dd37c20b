//! Every scenario, in the order in which they run.

mod authentication;
mod basic_workflow;
mod invariants;
mod reconciliation;
mod support;

use crate::plan::{Invariant, Scenario};

pub const ALL: &[&Scenario] =
    &[&basic_workflow::SCENARIO, &authentication::SCENARIO, &reconciliation::SCENARIO];

/// Checked at the end of every scenario.
pub const INVARIANTS: &[Invariant] = invariants::ALL;
