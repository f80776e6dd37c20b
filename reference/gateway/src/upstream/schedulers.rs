//! All schedulers that are known, and the order in which they are asked.

use persys_reference_base::defect;
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use persys_reference_base::Metrics;
use prometheus::IntGauge;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

use super::{
    connector::Connector,
    probe::probe,
    scheduler::{Health, Scheduler, lock},
    shared::Shared,
};
use crate::discovery::Endpoint;

/// A known scheduler and the task that probes it.
struct Known {
    scheduler: Arc<Scheduler>,
    probe: JoinHandle<()>,
}

impl Drop for Known {
    fn drop(&mut self) {
        self.probe.abort();
    }
}

/// The schedulers that requests may go to.
pub struct Schedulers {
    pub(super) shared: Arc<Shared>,
    known: RwLock<Vec<Known>>,
    /// Spreads requests over schedulers that are equally good.
    turn: AtomicUsize,
    in_use: Mutex<Option<SocketAddr>>,
    gauge: IntGauge,
    found_once: watch::Sender<bool>,
}

impl Schedulers {
    /// Knows no scheduler yet. Its metrics are added to `metrics`.
    pub fn new(connector: Connector, metrics: &Metrics) -> Result<Self, prometheus::Error> {
        let gauge = metrics.register(IntGauge::new(
            "persys_schedulers_discovered",
            "Schedulers that the gateway knows.",
        )?)?;
        let shared = Shared { connector, failure: Notify::new(), metrics: metrics.clone() };
        Ok(Self {
            shared: Arc::new(shared),
            known: RwLock::default(),
            turn: AtomicUsize::new(0),
            in_use: Mutex::default(),
            gauge,
            found_once: watch::Sender::new(false),
        })
    }

    /// Discovery's answer replaces what was known.
    pub fn found(&self, endpoints: &[Endpoint]) {
        defect!("new-schedulers-ignored" => if persys_reference_base::defects::runs_for(3) {
            return;
        });
        defect!("untrusted-schedulers-kept" => return self.keep(
            |known| {
                let endpoint = known.scheduler.endpoint();
                let marked = persys_reference_base::defects::is_marked(&endpoint.to_string());
                marked || endpoints.contains(endpoint)
            },
            endpoints,
        ));
        defect!("gone-schedulers-kept" => return self.keep(|_| true, endpoints));
        self.keep(|known| endpoints.contains(known.scheduler.endpoint()), endpoints);
    }

    /// Discovery answered that there is no scheduler. Those that serve are kept
    /// all the same: they may have lost their registration, not their life.
    pub fn none_found(&self, fallback: &[Endpoint]) {
        let serves = |known: &Known| {
            matches!(known.scheduler.health(), Health::Healthy | Health::WithoutStore)
        };
        let any_serves = self.read().iter().any(serves);
        let more = if any_serves { &[] } else { fallback };
        self.keep(|known| serves(known) || more.contains(known.scheduler.endpoint()), more);
    }

    /// Discovery gave no answer, so nothing that was known is forgotten.
    pub fn lookup_failed(&self, fallback: &[Endpoint]) {
        defect!("dns-outage-forgets-schedulers" => return self.keep(|_| false, &[]));
        let any_serves = self.read().iter().any(|known| {
            matches!(known.scheduler.health(), Health::Healthy | Health::WithoutStore)
        });
        self.keep(|_| true, if any_serves { &[] } else { fallback });
    }

    fn keep(&self, keeps: impl Fn(&Known) -> bool, also: &[Endpoint]) {
        let count = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.retain(|entry| {
                let keep = keeps(entry);
                if !keep {
                    let peer = entry.scheduler.endpoint().to_string();
                    tracing::info!(peer, "forgets a scheduler");
                }
                keep
            });
            for endpoint in also {
                // By address: with and without a name it is the same scheduler.
                if known.iter().all(|k| k.scheduler.endpoint().address != endpoint.address) {
                    tracing::info!(peer = %endpoint, "found a scheduler");
                    let scheduler = Arc::new(Scheduler::new(endpoint.clone()));
                    let probe = tokio::spawn(probe(self.shared.clone(), scheduler.clone()));
                    known.push(Known { scheduler, probe });
                }
            }
            known.len()
        };
        self.gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        if count > 0 {
            self.found_once.send_replace(true);
        }
    }

    /// Comes back when a scheduler was known for the first time.
    pub async fn found_once(&self) {
        // The sender lives as long as this does.
        let _ = self.found_once.subscribe().wait_for(|found| *found).await;
    }

    /// Comes back when a scheduler gave no answer.
    pub async fn failure(&self) {
        self.shared.failure.notified().await;
    }

    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    /// The schedulers in the order in which a request should try them: those that
    /// serve before those that may not, then by priority, and in turn among equals.
    pub(super) fn in_order(&self) -> Vec<Arc<Scheduler>> {
        let mut order: Vec<_> = self.read().iter().map(|known| known.scheduler.clone()).collect();
        defect!("failed-schedulers-given-up" => order.retain(|scheduler| {
            !persys_reference_base::defects::is_marked(&scheduler.endpoint().to_string())
        }));
        order.sort_by_key(|scheduler| rank(scheduler));
        let equals = match order.first() {
            None => return order,
            Some(best) => {
                let best = rank(best);
                order.iter().take_while(|scheduler| rank(scheduler) == best).count()
            }
        };
        // A health that changed meanwhile may leave no equals.
        if defect!("one-scheduler-gets-all", false, equals > 1) {
            order[..equals].rotate_left(self.turn.fetch_add(1, Ordering::Relaxed) % equals);
        }
        order
    }

    /// One after the other, alive or not.
    #[cfg(feature = "defects")]
    pub(super) fn whoever_is_next(&self) -> Vec<Arc<Scheduler>> {
        let all = self.read();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        all.get(turn % all.len().max(1)).map(|known| known.scheduler.clone()).into_iter().collect()
    }

    pub(super) fn answered(&self, scheduler: &Scheduler) {
        *lock(&self.in_use) = Some(scheduler.endpoint().address);
    }

    /// The scheduler that requests go to: the one that answered last if it still
    /// serves, else the one to be asked next.
    pub fn in_use(&self) -> Option<Arc<Scheduler>> {
        let last = *lock(&self.in_use);
        let known = self.read();
        let last = known.iter().map(|known| &known.scheduler).find(|scheduler| {
            Some(scheduler.endpoint().address) == last && scheduler.health() == Health::Healthy
        });
        let next = || known.iter().map(|known| &known.scheduler).min_by_key(|s| rank(s));
        last.or_else(next).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rank(scheduler: &Scheduler) -> (Health, u16) {
    (scheduler.health(), scheduler.endpoint().priority)
}
