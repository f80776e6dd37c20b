//! Why a command did not succeed, and the exit code that says so.

use std::process::ExitCode;

use persys_reference_base::defect;

/// Ends the program with a message on stderr.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The platform answered that it will not.
    #[error("{error} ({code})")]
    Refused { error: String, code: String },
    /// A flag, a file or a setting is missing or cannot be used.
    #[error("{0}")]
    Usage(String),
    /// There was no answer, or none that makes sense.
    #[error("{0}")]
    Unreachable(String),
}

impl Failure {
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused { .. } => defect!("cli-ends-well-when-refused", 0, 1).into(),
            Self::Usage(_) => 2.into(),
            Self::Unreachable(_) => defect!("cli-unreachable-looks-refused", 1, 3).into(),
        }
    }
}
