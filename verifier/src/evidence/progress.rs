//! What is there already of something that is awaited.

use super::StepError;

/// An answer to "is it so?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    Ready(T),
    /// What is there instead; shown while waiting and when time is up.
    NotYet(String),
    /// It will never be so.
    Fatal(StepError),
}

impl<T> Progress<T> {
    pub fn not_yet(status: impl Into<String>) -> Self {
        Self::NotYet(status.into())
    }

    /// The question got no answer, or not the right one, which is a status while waiting.
    pub fn unanswered(error: impl Into<StepError>) -> Self {
        Self::NotYet(error.into().message)
    }

    /// A failure of the platform that no waiting mends.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Fatal(StepError::failed(message))
    }

    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Progress<U> {
        match self {
            Self::Ready(value) => Progress::Ready(f(value)),
            Self::NotYet(status) => Progress::NotYet(status),
            Self::Fatal(error) => Progress::Fatal(error),
        }
    }
}

/// An error, such as a refused connection, is a status while waiting.
impl<T, E: Into<StepError>> From<Result<T, E>> for Progress<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Ready(value),
            Err(error) => Self::unanswered(error),
        }
    }
}
