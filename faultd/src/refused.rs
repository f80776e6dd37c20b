//! Why the daemon does not, or could not, do as asked.

use crate::protocol::{Capability, RefusalBody, RefusalCode};

/// A refusal on its way to the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refused {
    pub code: RefusalCode,
    /// One sentence.
    pub error: String,
    pub missing: Option<Capability>,
}

impl Refused {
    pub fn new(code: RefusalCode, error: impl Into<String>) -> Self {
        Self { code, error: error.into(), missing: None }
    }

    /// It was tried and went wrong.
    pub fn failed(error: impl Into<String>) -> Self {
        Self::new(RefusalCode::Failed, error)
    }

    /// The machine lacks something; `detail` says how that showed.
    pub fn unsupported(missing: Capability, detail: &str) -> Self {
        let mut error = format!("this machine lacks {missing}");
        if !detail.is_empty() {
            error.push_str(": ");
            error.push_str(detail);
        }
        Self { code: RefusalCode::Unsupported, error, missing: Some(missing) }
    }

    pub fn body(self) -> RefusalBody {
        RefusalBody { error: self.error, code: self.code, missing: self.missing }
    }
}
