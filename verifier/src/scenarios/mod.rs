//! Every scenario, in the order in which they run.

use crate::plan::{Invariant, Scenario};

pub const ALL: &[&Scenario] = &[];

/// Checked at the end of every scenario.
pub const INVARIANTS: &[Invariant] = &[];
