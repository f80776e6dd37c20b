//! One lock per workload, so that what changes its container happens one after the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Locks by workload id; an id that nobody holds or awaits takes no memory.
#[derive(Clone, Debug, Default)]
pub struct WorkloadLocks {
    held: Arc<Mutex<HashMap<String, Arc<AsyncMutex<()>>>>>,
}

/// Held while a workload's container is changed.
pub struct WorkloadGuard {
    locks: WorkloadLocks,
    workload_id: String,
    guard: Option<OwnedMutexGuard<()>>,
}

impl WorkloadLocks {
    pub async fn lock(&self, workload_id: &str) -> WorkloadGuard {
        let lock = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(held.entry(workload_id.to_owned()).or_default())
        };
        // Made before the wait, so that the entry goes too when the wait is given up.
        let mut guard =
            WorkloadGuard { locks: self.clone(), workload_id: workload_id.to_owned(), guard: None };
        guard.guard = Some(lock.lock_owned().await);
        guard
    }
}

impl Drop for WorkloadGuard {
    fn drop(&mut self) {
        let mut held = self.locks.held.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.guard.take());
        // Whoever else holds or awaits the lock has a reference of its own.
        if held.get(&self.workload_id).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            held.remove(&self.workload_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(locks: &WorkloadLocks) -> usize {
        locks.held.lock().unwrap().len()
    }

    #[tokio::test]
    async fn a_second_holder_waits_for_the_first_and_nothing_is_left() {
        let locks = WorkloadLocks::default();
        let first = locks.lock("w-1").await;
        let second = tokio::spawn({
            let locks = locks.clone();
            async move { drop(locks.lock("w-1").await) }
        });
        drop(locks.lock("w-2").await);
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap();
        assert_eq!(known(&locks), 0);
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_keeps_the_holder_s_lock() {
        let locks = WorkloadLocks::default();
        let first = locks.lock("w-1").await;
        let wait = std::time::Duration::from_millis(10);
        assert!(tokio::time::timeout(wait, locks.lock("w-1")).await.is_err());
        assert!(tokio::time::timeout(wait, locks.lock("w-1")).await.is_err());
        drop(first);
        assert_eq!(known(&locks), 0);
    }
}
