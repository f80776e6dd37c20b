//! Runs a plan: budgets, waiting, evidence, verdicts, clean-up.

mod capabilities;
mod checks;
mod cleanup;
mod context;
mod evidence;
mod exclusive_lock;
mod failure;
mod interrupt;
mod log_mirror;
mod log_slice;
mod logs;
mod panics;
mod runner;
mod scenario_run;
mod step_run;
mod store;
mod tally;
mod wait;
mod wait_board;

pub use capabilities::{Capabilities, CapabilitySource};
pub use checks::Checks;
pub use cleanup::LastLook;
pub use context::{Context, RunHandles};
pub use evidence::{FaultChange, OperationEnded, Recorder};
pub use exclusive_lock::ExclusiveLock;
pub use failure::{StepError, StepErrorKind, StepResult};
pub use interrupt::Interrupt;
pub use log_mirror::LogMirror;
pub use logs::{LogChunk, LogError, LogName, LogSource};
pub use runner::Runner;
pub use wait::{Progress, Wait};

pub use crate::events::Verdict;
