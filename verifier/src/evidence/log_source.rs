//! Where the logs of the machines come from.

use futures::future::BoxFuture;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogName {
    pub machine: String,
    pub component: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogChunk {
    pub text: String,
    /// Where to read on; the same offset again when there is nothing new.
    pub next: u64,
}

/// Why a log could not be had; follows "failed to read the log".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{machine}: {reason}")]
pub struct LogError {
    pub machine: String,
    pub reason: String,
}

/// Implemented with the fault daemons' client. Every call must end in bounded time.
pub trait LogSource: Send + Sync {
    /// Every log there is. Machines that do not answer are told beside those that do.
    fn logs(&self) -> BoxFuture<'_, (Vec<LogName>, Vec<LogError>)>;

    /// At most `max` bytes from a byte offset on.
    fn read<'a>(
        &'a self,
        log: &'a LogName,
        offset: u64,
        max: u64,
    ) -> BoxFuture<'a, Result<LogChunk, LogError>>;

    /// Every component that does not run, such as `persys-agent of agent2 is
    /// exited (code 2)`, for whoever looks for the cause of a failure.
    fn ailing(&self) -> BoxFuture<'_, Vec<String>>;
}
