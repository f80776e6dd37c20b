//! What steps and probes say: what they saw, what is still missing, what is not as it must be.

mod failure;
mod log_source;
mod progress;
mod recorder;

pub use failure::{StepError, StepErrorKind, StepResult};
pub use log_source::{LogChunk, LogError, LogName, LogSource};
pub use progress::Progress;
pub use recorder::Recorder;
pub(crate) use recorder::{Look, cut_middle};
