//! What the steps hand on to each other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use persys_contract::topology::Topology;
use tokio::time::Instant;

use super::workloads::Cast;
use crate::{
    chaos::{Bounds, ChaosPlan, Fate, Ground, HistoryFile, Line, Violation, fates, read_history},
    context::Context,
    evidence::StepError,
    scenarios::support::Watch,
};

/// Made once everything is there.
pub struct Stage {
    pub plan: Arc<ChaosPlan>,
    pub ground: Ground,
    pub cast: Arc<Cast>,
    pub history: Arc<HistoryFile>,
    pub bounds: Bounds,
    /// Records and containers from before the plan began.
    pub watch: Watch,
}

/// What is known once the plan was carried out.
pub struct Aftermath {
    /// When the last fault was gone.
    pub healed: Instant,
    /// When the platform has had its time.
    pub settled_by: Instant,
    /// What was wrong on the way.
    pub violations: Vec<Violation>,
    /// Faults that would not go, in a sentence each.
    pub unhealed: Vec<String>,
}

impl Stage {
    /// What must be in the end: by number, the id and the fate.
    pub fn fates(&self) -> BTreeMap<u32, (String, Fate)> {
        let (done, _) = read_history(&self.history.lines());
        let fates = fates(&self.plan.orders(), &done);
        fates.into_iter().map(|(number, fate)| (number, (self.cast.id(number), fate))).collect()
    }

    pub fn tell(&self, violations: &[Violation]) {
        for violation in violations {
            self.history.write(Line::Violated { violation: violation.clone() });
        }
    }
}

/// How long the platform has after the last healing: for a lease to run out, for a node to be
/// given up or to come back, for the pause before what failed is tried again (which doubles, so
/// that it is no longer than what made it fail), for Docker to end what it was told to, and for
/// two rounds of monitor and reconciler.
pub fn settling(topology: &Topology, plan: &ChaosPlan, bounds: Bounds, scale: f64) -> Duration {
    /// Docker's own grace.
    const DOCKER: Duration = Duration::from_secs(10);
    let timings = &topology.timings;
    let longest = plan.windows().iter().map(|w| w.to_ms - w.from_ms).max().unwrap_or(0);
    let rounds = (timings.monitor_interval() + timings.reconcile_interval()) * 2;
    let rest = timings.node_timeout() + rounds + DOCKER + Duration::from_millis(longest);
    Duration::from_millis(bounds.control_settles_ms) + rest.mul_f64(scale)
}

/// What the last plan has left; an error when none was carried out.
pub fn aftermath(cx: &Context) -> Result<&Aftermath, StepError> {
    cx.get::<Aftermath>()
        .map_err(|_| StepError::error("no plan was carried out, so there is nothing to judge"))
}

/// A value that tasks write and a step reads.
#[derive(Clone)]
pub struct Shared<T>(Arc<Mutex<T>>);

impl<T: Default> Default for Shared<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Shared<T> {
    pub fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
