//! Who watches.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

use super::gaps::{Gaps, TICK, together};

/// When this machine stood still, from [`Standstills::watch`] on. Cheap to clone; the watchers
/// end with the last one.
#[derive(Clone, Debug, Default)]
pub struct Standstills {
    watchers: Vec<Arc<Watcher>>,
}

type Watcher = Mutex<Gaps>;

impl Standstills {
    /// Begins to watch every processor on which this process may run, and, called inside a
    /// runtime, that runtime for as long as it is there. A watcher that cannot be started
    /// excuses nothing.
    pub fn watch() -> Self {
        let mut watchers = Vec::new();
        for processor in processors() {
            let watcher = Arc::new(Mutex::new(Gaps::since(Instant::now())));
            let watched = Arc::downgrade(&watcher);
            let watch = move || {
                // Where it is not allowed to choose it watches whatever processor it is given.
                let _ = stay_on(processor);
                while let Some(watcher) = watched.upgrade() {
                    tick(&watcher);
                    drop(watcher);
                    thread::sleep(TICK);
                }
            };
            let name = format!("processor-{processor}");
            if thread::Builder::new().name(name).spawn(watch).is_ok() {
                watchers.push(watcher);
            }
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let watcher = Arc::new(Mutex::new(Gaps::since(Instant::now())));
            let watched = Arc::downgrade(&watcher);
            runtime.spawn(async move {
                while let Some(watcher) = watched.upgrade() {
                    tick(&watcher);
                    drop(watcher);
                    tokio::time::sleep(TICK).await;
                }
            });
            watchers.push(watcher);
        }
        Self { watchers }
    }

    /// For how long between two moments somebody who watches was kept from it.
    pub fn between(&self, from: Instant, to: Instant) -> Duration {
        let now = Instant::now();
        let mut gaps = Vec::new();
        for watcher in &self.watchers {
            let watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
            gaps.extend(watcher.within((from, to), now));
        }
        together(gaps)
    }
}

fn tick(watcher: &Watcher) {
    watcher.lock().unwrap_or_else(PoisonError::into_inner).tick(Instant::now());
}

const THIS_THREAD: Pid = Pid::from_raw(0);

fn processors() -> Vec<usize> {
    let Ok(allowed) = sched_getaffinity(THIS_THREAD) else { return vec![0] };
    (0..CpuSet::count()).filter(|n| allowed.is_set(*n).unwrap_or(false)).collect()
}

fn stay_on(processor: usize) -> nix::Result<()> {
    let mut own = CpuSet::new();
    own.set(processor)?;
    sched_setaffinity(THIS_THREAD, &own)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn a_runtime_that_is_held_up_is_seen() {
        let standstills = Standstills::watch();
        tokio::time::sleep(50 * MS).await;
        let from = Instant::now();
        thread::sleep(400 * MS);
        let seen = standstills.between(from, Instant::now());
        assert!(seen >= 350 * MS, "{seen:?}");
        // What is over by then was seen as well.
        tokio::time::sleep(50 * MS).await;
        let (half, seen) = (200 * MS, standstills.between(from, from + 200 * MS));
        assert!(seen > half / 2 && seen <= half, "{seen:?}");
    }

    #[test]
    fn every_processor_is_watched_until_nobody_asks() {
        let standstills = Standstills::watch();
        assert_eq!(standstills.watchers.len(), processors().len());
        let watchers: Vec<_> = standstills.watchers.iter().map(Arc::downgrade).collect();
        let second = standstills.clone();
        drop(standstills);
        assert!(watchers.iter().all(|watcher| watcher.strong_count() > 0));
        drop(second);
        while watchers.iter().any(|watcher| watcher.strong_count() > 0) {
            thread::sleep(TICK);
        }
    }
}
