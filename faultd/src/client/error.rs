//! Why the daemon did not do as asked.

use crate::protocol::{Capability, Ending, Lease, RefusalCode};

/// Every text names the machine.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FaultError {
    /// The client itself could not be made.
    #[error("prepare the client of the fault daemon on {machine}: {detail}")]
    Setup { machine: String, detail: String },
    /// No connection, no TLS, or no answer in time.
    #[error("reach the fault daemon on {machine}: {detail}")]
    Unreachable { machine: String, detail: String },
    /// It answered, and not as the protocol says.
    #[error("understand the fault daemon on {machine}: {detail}")]
    Garbled { machine: String, detail: String },
    #[error("get the fault daemon on {machine} to obey: {error} ({code})")]
    Refused { machine: String, code: RefusalCode, error: String },
    /// The machine lacks what the fault needs.
    #[error("inject the fault on {machine}: {error}")]
    Unsupported { machine: String, missing: Option<Capability>, error: String },
    /// The fault was released and is, or may be, still there.
    #[error(
        "heal the {} on {machine}: {error}",
        lease.fault.kind()
    )]
    HealFailed { machine: String, error: String, lease: Box<Lease> },
    /// The fault was gone before it was released: it was not there all the time.
    #[error(
        "keep the {} on {machine} until its release: the lease had ended before ({how:?})",
        lease.fault.kind()
    )]
    EndedEarly { machine: String, how: Ending, lease: Box<Lease> },
}

impl FaultError {
    /// The code of a refusal, also of an unsupported fault.
    pub fn code(&self) -> Option<RefusalCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            Self::Unsupported { .. } => Some(RefusalCode::Unsupported),
            _ => None,
        }
    }

    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}
