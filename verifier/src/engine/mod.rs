//! Runs a plan: budgets, waiting, evidence, verdicts, clean-up.

mod checks;
mod cleanup;
mod context;
mod evidence;
mod failure;
mod logs;
mod store;
mod wait;
mod wait_board;

pub use checks::Checks;
pub use context::{Context, RunHandles};
pub use evidence::{FaultChange, Recorder};
pub use failure::{StepError, StepErrorKind, StepResult};
pub use logs::{LogChunk, LogError, LogName, LogSource};
pub use wait::{Progress, Wait};

pub use crate::events::Verdict;
