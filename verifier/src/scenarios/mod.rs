//! Every scenario, in the order in which they run.

mod async_execution;
mod basic_workflow;
mod invariants;
mod reconciliation;
mod service_discovery;
mod support;

use crate::plan::{Invariant, Scenario};

pub const ALL: &[&Scenario] = &[
    &basic_workflow::SCENARIO,
    &service_discovery::SCENARIO,
    &async_execution::SCENARIO,
    &reconciliation::SCENARIO,
];

/// Checked at the end of every scenario.
pub const INVARIANTS: &[Invariant] = invariants::ALL;
