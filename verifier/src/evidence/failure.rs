//! Why a step did not pass, and whose fault it is.

use std::fmt;

use crate::events::Verdict;

pub type StepResult = Result<(), StepError>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepErrorKind {
    /// The platform broke its contract.
    Failed,
    /// The environment or the verifier broke.
    Error,
    /// The step cannot be judged here.
    Skipped,
}

/// A step's end other than passing.
///
/// It does not implement [`std::error::Error`], so that every error type can be
/// turned into it with `?`; by default such an error is the environment's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepError {
    pub kind: StepErrorKind,
    /// The first line stands alone in the digest; the rest are details.
    pub message: String,
}

impl StepError {
    /// The platform broke its contract.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { kind: StepErrorKind::Failed, message: message.into() }
    }

    /// The environment or the verifier broke.
    pub fn error(message: impl Into<String>) -> Self {
        Self { kind: StepErrorKind::Error, message: message.into() }
    }

    /// The step cannot be judged here, and why.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self { kind: StepErrorKind::Skipped, message: reason.into() }
    }

    pub fn verdict(&self) -> Verdict {
        match self.kind {
            StepErrorKind::Failed => Verdict::Failed,
            StepErrorKind::Error => Verdict::Error,
            StepErrorKind::Skipped => Verdict::Skipped,
        }
    }

    /// Says what was being done, in front of the message.
    #[must_use]
    pub fn context(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A probe that could not ask is the environment's doing, not the platform's.
impl From<anyhow::Error> for StepError {
    fn from(error: anyhow::Error) -> Self {
        Self::error(format!("{error:#}"))
    }
}

impl From<serde_json::Error> for StepError {
    fn from(error: serde_json::Error) -> Self {
        Self::error(error.to_string())
    }
}
