//! Why there is no result.

/// Who has to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Whoever wrote the command.
    Usage,
    /// A commit, or what is left of them, cannot be judged.
    CannotJudge,
    Interrupted,
    /// The machine: a program that is missing, a disk that is full.
    Environment,
}

/// A whole sentence, with the mend where there is one.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct BisectError {
    pub kind: ErrorKind,
    pub message: String,
}

impl BisectError {
    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Usage, message: message.into() }
    }

    pub fn cannot_judge(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::CannotJudge, message: message.into() }
    }

    pub fn environment(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Environment, message: message.into() }
    }

    pub fn interrupted() -> Self {
        Self { kind: ErrorKind::Interrupted, message: "interrupted".to_owned() }
    }

    pub(super) fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::environment(format!("failed to {what} {}: {error}", path.display()))
    }
}
