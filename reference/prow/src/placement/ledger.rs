//! What this scheduler knows of who was given what.

use std::time::{Duration, Instant};

use tokio::sync::{Mutex, MutexGuard};

use super::Share;
use crate::store::{Store, StoreError};

/// How old the ledger may get: what was deleted meanwhile still counts as given.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Held while resources are given away, so that requests at this scheduler wait
/// for each other instead of overtaking each other in the store.
#[derive(Default)]
pub struct Ledger(Mutex<Book>);

/// All shares as of one moment, and what was given away here since.
#[derive(Default)]
pub struct Book {
    read: Option<Instant>,
    /// The state of the store's placements that the shares belong to.
    pub fence: i64,
    pub shares: Vec<Share>,
}

impl Ledger {
    /// The ledger, at most a second old.
    pub async fn open(&self, store: &Store) -> Result<MutexGuard<'_, Book>, StoreError> {
        let mut book = self.0.lock().await;
        if book.read.is_none_or(|read| read.elapsed() > FRESH_FOR) {
            book.refresh(store).await?;
        }
        Ok(book)
    }
}

impl Book {
    pub async fn refresh(&mut self, store: &Store) -> Result<(), StoreError> {
        let asked = Instant::now();
        // In this order: whatever is given away after the fence was read changes it.
        let fence = store.placement_fence().await?;
        let workloads = store.workloads().await?;
        self.shares = workloads.iter().filter_map(|record| Share::of(&record.value)).collect();
        self.fence = fence;
        self.read = Some(asked);
        Ok(())
    }

    /// Whether nothing can have been deleted or moved since it was read.
    pub fn is_older_than(&self, moment: Instant) -> bool {
        self.read.is_none_or(|read| read < moment)
    }
}
