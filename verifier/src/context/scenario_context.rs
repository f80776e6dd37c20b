//! What a step has in its hands.

use std::{
    any::Any,
    collections::BTreeSet,
    future::Future,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use persys_contract::topology::{Timings, Topology};
use serde_json::Value;
use tokio::time::Instant;

use super::{Checks, LastLook, Wait, clean_ups::CleanUps, store::Store, wait_board::WaitBoard};
use crate::{
    evidence::{Progress, Recorder, StepError, StepResult},
    probe::Probes,
};

/// The longest name of a workload, contract §2.
const NAME_MAX: usize = 63;

/// What all scenarios of a run share.
pub struct RunHandles {
    pub topology: Arc<Topology>,
    pub run_id: String,
    pub recorder: Recorder,
    /// Absent only where no platform is, as in the engine's own tests.
    pub probes: Option<Arc<Probes>>,
    pub timeout_scale: f64,
    names: AtomicU32,
    given: Store,
}

impl RunHandles {
    pub fn new(
        topology: Arc<Topology>,
        run_id: impl Into<String>,
        recorder: Recorder,
        probes: Option<Arc<Probes>>,
        timeout_scale: f64,
    ) -> Self {
        let names = AtomicU32::new(1);
        let given = Store::default();
        Self { topology, run_id: run_id.into(), recorder, probes, timeout_scale, names, given }
    }

    /// With a value that every scenario can ask for by its type.
    #[must_use]
    pub fn giving<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.given.put(value);
        self
    }
}

/// One scenario's context; its steps get it one after the other.
pub struct Context {
    run: Arc<RunHandles>,
    store: Store,
    pub(crate) board: Arc<WaitBoard>,
    pub(crate) clean_ups: CleanUps,
    pub(crate) heals: CleanUps,
    pub(crate) last_look: OnceLock<&'static LastLook>,
    /// By id.
    deleted: Mutex<BTreeSet<String>>,
    deadline: Instant,
}

impl Context {
    pub fn new(run: Arc<RunHandles>) -> Self {
        Self {
            run,
            store: Store::default(),
            board: Arc::default(),
            clean_ups: CleanUps::default(),
            heals: CleanUps::default(),
            last_look: OnceLock::new(),
            deleted: Mutex::default(),
            deadline: Instant::now(),
        }
    }

    pub fn topology(&self) -> &Topology {
        &self.run.topology
    }

    /// What bounds that belong to no step's budget are multiplied by, as budgets are.
    pub fn timeout_scale(&self) -> f64 {
        self.run.timeout_scale
    }

    /// A limit that is given in seconds for a machine that is quick enough, for this one: never
    /// less than it says, and never so much that what it forbids would keep it.
    pub fn scaled(&self, limit: Duration, most: Duration) -> Duration {
        limit.mul_f64(self.run.timeout_scale).min(most).max(limit)
    }

    pub fn timings(&self) -> &Timings {
        &self.run.topology.timings
    }

    pub fn run_id(&self) -> &str {
        &self.run.run_id
    }

    /// A name that no other scenario or run uses and that a workload may bear.
    pub fn unique(&self, prefix: &str) -> String {
        let n = self.run.names.fetch_add(1, Ordering::Relaxed);
        let tail = format!("-{}-{n}", self.run.run_id);
        let room = prefix.floor_char_boundary(NAME_MAX.saturating_sub(tail.len()));
        format!("{}{tail}", &prefix[..room])
    }

    /// What the run was given for its scenarios, by its type.
    pub fn given<T: Any>(&self) -> Option<&T> {
        self.run.given.get().ok()
    }

    /// What is left of the step's budget.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Keeps a value for later steps of the scenario, one of each type.
    pub fn put<T: Any + Send + Sync>(&mut self, value: T) {
        self.store.put(value);
    }

    /// Of a step that did not pass.
    pub(crate) fn drop_new(&mut self) {
        self.store.drop_new();
    }

    /// A value that an earlier step has kept.
    pub fn get<T: Any>(&self) -> Result<&T, StepError> {
        self.store.get()
    }

    pub fn get_mut<T: Any>(&mut self) -> Result<&mut T, StepError> {
        self.store.get_mut()
    }

    pub fn take<T: Any>(&mut self) -> Result<T, StepError> {
        self.store.take()
    }

    /// Waits until `what` is so, at most for the rest of the step's budget.
    /// `what` continues "timed out waiting until".
    pub async fn wait<T, F, Fut>(&self, what: impl Into<String>, ask: F) -> Result<T, StepError>
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Progress<T>> + Send,
    {
        self.waiting(what).until(ask).await
    }

    /// Like [`Context::wait`], and no longer than `duration`.
    pub async fn wait_within<T, F, Fut>(
        &self,
        what: impl Into<String>,
        duration: Duration,
        ask: F,
    ) -> Result<T, StepError>
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Progress<T>> + Send,
    {
        self.waiting(what).within(duration).until(ask).await
    }

    /// A wait with more to set: interval, wake-ups, whose fault a timeout is.
    pub fn waiting(&self, what: impl Into<String>) -> Wait {
        Wait::new(what.into(), self.run.recorder.clone(), self.board.clone(), self.deadline)
    }

    /// # Panics
    /// Without a platform, as in the engine's own tests; the runner makes it an error.
    pub fn probes(&self) -> Arc<Probes> {
        self.run.probes.clone().expect("this run has no probes")
    }

    pub fn checks(&self) -> Checks {
        Checks::new(self.run.recorder.clone())
    }

    pub fn recorder(&self) -> &Recorder {
        &self.run.recorder
    }

    /// Adds evidence. Probes do so by themselves.
    pub fn record(&self, kind: &str, summary: impl Into<String>, data: Value) {
        self.run.recorder.record(kind, summary, data);
    }

    /// A figure for the reports, such as `time_to_repair` in `s`.
    pub fn measure(&self, name: &str, value: f64, unit: &str) {
        self.run.recorder.measure(name, value, unit);
    }

    /// Runs at the end of the scenario, the last registered first, whatever
    /// happened until then. `what` continues "failed to".
    pub fn on_cleanup(
        &self,
        what: impl Into<String>,
        run: impl Future<Output = StepResult> + Send + 'static,
    ) {
        self.clean_ups.push(what.into(), run);
    }

    /// Runs after the last step and before what must hold after every scenario is
    /// looked at: for faults that are still in effect, because the step that heals
    /// them was not selected or could not run. `what` continues "failed to".
    pub fn heal_at_the_end(
        &self,
        what: impl Into<String>,
        run: impl Future<Output = StepResult> + Send + 'static,
    ) {
        self.heals.push(what.into(), run);
    }

    /// A workload that a clean-up deletes must be gone in the end, as `look` sees it.
    pub fn gone_at_the_end(&self, id: &str, look: &'static LastLook) {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        self.last_look.get_or_init(|| look);
    }

    /// The workloads that must be gone in the end.
    pub fn deleted_at_the_end(&self) -> BTreeSet<String> {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn begin_step(&mut self, budget: Duration) {
        self.board.clear();
        self.store.begin_step();
        self.deadline = Instant::now() + budget;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn context() -> Context {
        slower(1.0)
    }

    fn slower(timeout_scale: f64) -> Context {
        let text = include_str!("../../../topology.json");
        let topology = Arc::new(Topology::parse(Path::new("topology.json"), text).unwrap());
        Context::new(Arc::new(RunHandles::new(
            topology,
            "1a2b3c4d",
            Recorder::in_memory(),
            None,
            timeout_scale,
        )))
    }

    #[test]
    fn unique_names_differ_and_can_be_borne_by_a_workload() {
        let cx = context();
        assert_eq!(cx.unique("web"), "web-1a2b3c4d-1");
        assert_eq!(cx.unique("web"), "web-1a2b3c4d-2");
        let long = cx.unique(&"w".repeat(80));
        assert_eq!(long.len(), NAME_MAX);
        assert!(long.ends_with("w-1a2b3c4d-3"), "{long}");
    }

    #[test]
    fn a_limit_grows_with_the_scale_and_stays_below_what_it_forbids() {
        let of = |scale: f64| slower(scale).scaled(Duration::from_secs(1), Duration::from_secs(4));
        assert_eq!([0.5, 1.0, 3.0, 20.0].map(of).map(|limit| limit.as_secs()), [1, 1, 3, 4]);
        let low = slower(20.0).scaled(Duration::from_secs(2), Duration::from_secs(1));
        assert_eq!(low, Duration::from_secs(2), "a quick machine's limit stays as it is");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_the_step_s_budget() {
        let mut cx = context();
        cx.begin_step(Duration::from_secs(5));
        let start = Instant::now();
        let error = cx.wait("it is so", async || Progress::<()>::not_yet("no")).await.unwrap_err();
        assert!(error.message.starts_with("timed out waiting until it is so; last status: no"));
        assert!(start.elapsed() <= Duration::from_secs(5));
        assert!(cx.remaining() < Duration::from_millis(30));
    }
}
