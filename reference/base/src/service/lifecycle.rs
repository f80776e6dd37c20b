//! The two turns of a service's life: ready, and told to stop.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sd_notify::NotifyState;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// Shared by all tasks of a service.
#[derive(Clone, Default)]
pub struct Lifecycle {
    stop: CancellationToken,
    ready: Arc<AtomicBool>,
}

impl Lifecycle {
    /// Tells systemd, once, that the listeners accept and that the dependencies
    /// have answered.
    pub fn announce_ready(&self) {
        if self.ready.swap(true, Ordering::SeqCst) {
            return;
        }
        tracing::info!("ready");
        if let Err(error) = sd_notify::notify(&[NotifyState::Ready]) {
            tracing::warn!(%error, "failed to tell the service manager");
        }
    }

    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }

    /// Asks every task to finish.
    pub fn stop(&self) {
        if self.stop.is_cancelled() {
            return;
        }
        tracing::info!("stopping");
        // Nobody listens outside of a service manager.
        let _ = sd_notify::notify(&[NotifyState::Stopping]);
        self.stop.cancel();
    }

    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    pub fn stopping(&self) -> WaitForCancellationFuture<'_> {
        self.stop.cancelled()
    }

    /// For tasks that want a token of their own under this one.
    pub fn token(&self) -> &CancellationToken {
        &self.stop
    }
}
