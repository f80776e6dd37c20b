//! Who runs the components of the machine: the lab's supervisor, or systemd.

mod error;
mod lab;
mod log_reader;
mod systemd;
mod unit;

use async_trait::async_trait;

pub use error::BackendError;
pub use lab::Lab;
pub use systemd::{Systemd, SystemdPrograms};

use crate::protocol::{BackendKind, Component, LogChunk};

/// Runs components. Every order is answered when its effect is there; `start` and
/// `restart` when the process is spawned.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    fn kind(&self) -> BackendKind;
    async fn list(&self) -> Result<Vec<Component>, BackendError>;
    async fn start(&self, component: &str) -> Result<(), BackendError>;
    /// In an orderly way; stays stopped.
    async fn stop(&self, component: &str) -> Result<(), BackendError>;
    /// SIGKILL to all its processes. Stays so, unless it is always started again.
    async fn kill(&self, component: &str) -> Result<(), BackendError>;
    /// Takes away what keeps a killed component from being started again, by whoever does that.
    async fn allow_restart(&self, _component: &str) -> Result<(), BackendError> {
        Ok(())
    }
    async fn restart(&self, component: &str) -> Result<(), BackendError>;
    async fn pause(&self, component: &str) -> Result<(), BackendError>;
    async fn resume(&self, component: &str) -> Result<(), BackendError>;
    /// At most `max` bytes of its log, from a byte offset on.
    async fn logs(
        &self,
        component: &Component,
        offset: u64,
        max: u64,
    ) -> Result<LogChunk, BackendError>;
    /// All its processes.
    async fn processes(&self, component: &Component) -> Vec<i32>;

    /// One component.
    async fn find(&self, name: &str) -> Result<Component, BackendError> {
        let all = self.list().await?;
        all.into_iter()
            .find(|component| component.name == name)
            .ok_or_else(|| BackendError::UnknownComponent(name.chars().take(80).collect()))
    }
}
