//! Runs a plan: budgets, order, verdicts, clean-up.

mod capabilities;
mod cleanup;
mod exclusive_lock;
mod interrupt;
mod log_mirror;
mod log_slice;
mod panics;
mod runner;
mod scenario_run;
mod step_run;
mod tally;

pub use capabilities::{Capabilities, CapabilitySource};
pub use exclusive_lock::ExclusiveLock;
pub use interrupt::Interrupt;
pub use log_mirror::LogMirror;
pub use runner::Runner;
