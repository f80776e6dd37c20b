//! Every scenario, in the order in which they run.

mod async_execution;
mod authentication;
mod basic_workflow;
pub mod chaos;
mod error_handling;
mod invariants;
mod performance;
mod reconciliation;
mod service_discovery;
mod support;

use crate::plan::{Invariant, Scenario};

/// In the strategy's order.
pub const ALL: &[&Scenario] = &[
    &basic_workflow::SCENARIO,
    &authentication::SCENARIO,
    &service_discovery::SCENARIO,
    &async_execution::SCENARIO,
    &reconciliation::SCENARIO,
    &error_handling::SCENARIO,
    &performance::SCENARIO,
    &chaos::SCENARIO,
];

/// Checked at the end of every scenario.
pub const INVARIANTS: &[Invariant] = invariants::ALL;
