//! What is going to be run, known before anything runs.

mod budget;
mod order;
mod pattern;
mod plan_file;
mod profile;
mod quarantine;
mod requirement;
mod scenario;
mod selection;
mod shard;
mod step;
mod validate;

pub use budget::Budget;
pub use order::shuffle;
pub use pattern::Pattern;
pub use plan_file::{CLEAN_UP_BUDGET, INVARIANTS_BUDGET, Pace, PlanFile, planned};
pub use profile::Profile;
pub use quarantine::{Quarantine, QuarantineError, Quarantined};
pub use requirement::Requirement;
pub use scenario::{CLEAN_UP, EXCLUSIVE, INVARIANTS, Invariant, Scenario};
pub use selection::{Filter, NothingSelected, Selected};
pub use shard::Shard;
pub use step::{HEALS, Step};
pub use validate::validate;
