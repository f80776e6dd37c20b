//! Somebody wants the run to end: once politely, twice at once.

use tokio::sync::watch;

/// Cheap to clone; all clones see the same.
#[derive(Clone)]
pub struct Interrupt {
    level: watch::Sender<u8>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self { level: watch::Sender::new(0) }
    }
}

impl Interrupt {
    /// The first time the running step is cut off and clean-ups still run; the
    /// second time they do not.
    pub fn trigger(&self) {
        self.level.send_modify(|level| *level = level.saturating_add(1));
    }

    pub fn is_set(&self) -> bool {
        *self.level.borrow() > 0
    }

    /// Returns when the run shall end.
    pub async fn wanted(&self) {
        self.reached(1).await;
    }

    /// Returns when nothing more shall be waited for.
    pub async fn insisted(&self) {
        self.reached(2).await;
    }

    async fn reached(&self, level: u8) {
        let mut receiver = self.level.subscribe();
        // The sender lives as long as self, so this does not fail.
        if receiver.wait_for(|now| *now >= level).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
