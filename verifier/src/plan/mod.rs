//! What is going to be run, known before anything runs.

mod budget;
mod requirement;
mod scenario;
mod step;

pub use budget::Budget;
pub use requirement::Requirement;
pub use scenario::{CLEAN_UP, INVARIANTS, Invariant, Scenario};
pub use step::{Step, StepFn, StepFuture};
