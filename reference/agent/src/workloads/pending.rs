//! The runs that have no running container yet, so that a scheduler can see how far they are.
//!
//! A run is here from its order until its container was started. One that failed stays, with
//! Docker's message, until it is ordered again or its workload is removed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use persys_contract::WorkloadStatus;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::compose::ProjectSpec;
use crate::docker::{ContainerSpec, DockerFault};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The container was made, or found unstarted, and started.
    Started,
    /// The workload has a container that was started before; it was left as it is.
    Existed,
    Failed(DockerFault),
    /// The workload was removed meanwhile, or the agent was told to stop.
    Cancelled,
}

/// Tells how a run ended, once it has.
pub type Outcome = watch::Receiver<Option<Ended>>;

/// A run as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRun {
    pub workload_id: String,
    /// Empty for a project, which has many.
    pub image: String,
    pub labels: BTreeMap<String, String>,
    pub status: WorkloadStatus,
    pub reason: Option<String>,
}

impl PendingRun {
    pub fn of_container(spec: &ContainerSpec, status: WorkloadStatus) -> Self {
        Self {
            workload_id: spec.workload_id.clone(),
            image: spec.image.clone(),
            labels: spec.labels.clone(),
            status,
            reason: None,
        }
    }

    pub fn of_project(spec: &ProjectSpec, status: WorkloadStatus) -> Self {
        Self {
            workload_id: spec.workload_id.clone(),
            image: String::new(),
            labels: spec.labels.clone(),
            status,
            reason: None,
        }
    }
}

/// All pending runs of this agent, by workload id.
#[derive(Clone, Debug, Default)]
pub struct PendingRuns {
    entries: Arc<Mutex<HashMap<String, Entry>>>,
}

#[derive(Debug)]
struct Entry {
    run: PendingRun,
    cancelled: CancellationToken,
    outcome: Outcome,
}

/// What came of the wish to run a workload.
pub enum Begun {
    /// The caller is to carry it out.
    New(Ticket, Outcome),
    /// It is under way.
    Joined(Outcome),
}

/// The right, and the duty, to carry out one run.
pub struct Ticket {
    workload_id: String,
    runs: PendingRuns,
    pub cancelled: CancellationToken,
    sender: watch::Sender<Option<Ended>>,
}

impl PendingRuns {
    /// Begins a run, unless one of the same workload is under way. A failed one is begun anew.
    pub fn begin(&self, run: PendingRun) -> Begun {
        let mut entries = self.entries();
        if let Some(entry) = entries.get(&run.workload_id)
            && entry.outcome.borrow().is_none()
        {
            return Begun::Joined(entry.outcome.clone());
        }
        let (sender, outcome) = watch::channel(None);
        let cancelled = CancellationToken::new();
        let workload_id = run.workload_id.clone();
        let entry = Entry { run, cancelled: cancelled.clone(), outcome: outcome.clone() };
        entries.insert(workload_id.clone(), entry);
        Begun::New(Ticket { workload_id, runs: self.clone(), cancelled, sender }, outcome)
    }

    /// Forgets a workload's run, and stops it if it is under way. Gives back its outcome, which
    /// tells when it has ended.
    pub fn cancel(&self, workload_id: &str) -> Option<Outcome> {
        let entry = self.entries().remove(workload_id)?;
        entry.cancelled.cancel();
        Some(entry.outcome)
    }

    pub fn get(&self, workload_id: &str) -> Option<PendingRun> {
        self.entries().get(workload_id).map(|entry| entry.run.clone())
    }

    /// All of them, by workload id.
    pub fn snapshot(&self) -> BTreeMap<String, PendingRun> {
        self.entries().iter().map(|(id, entry)| (id.clone(), entry.run.clone())).collect()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Tells how far the run is.
    pub fn advance(&self, status: WorkloadStatus) {
        self.with_own_entry(|entry| entry.run.status = status);
    }

    /// Ends the run as it turned out.
    pub fn settle(self, outcome: Result<Ended, (WorkloadStatus, DockerFault)>) {
        let workload_id = self.workload_id.as_str();
        match outcome {
            Ok(how) => {
                tracing::info!(workloadId = workload_id, outcome = ?how, "run ended");
                self.end(how);
            }
            Err((status, fault)) => {
                tracing::warn!(
                    workloadId = workload_id, %status, reason = %fault, detail = ?fault, "run failed"
                );
                self.fail(status, fault);
            }
        }
    }

    /// Ends the run without fault: the entry goes.
    pub fn end(self, how: Ended) {
        let mut entries = self.runs.entries();
        if self.owns(entries.get(&self.workload_id)) {
            entries.remove(&self.workload_id);
        }
        drop(entries);
        self.sender.send_replace(Some(how));
    }

    /// Ends the run with a fault: the entry stays, and tells it.
    pub fn fail(self, status: WorkloadStatus, fault: DockerFault) {
        self.fail_now(status, fault);
    }

    fn fail_now(&self, status: WorkloadStatus, fault: DockerFault) {
        let reason = fault.to_string();
        // The outcome is told under the entry's lock: nobody sees a failed entry that seems under way.
        self.with_own_entry(|entry| {
            entry.run.status = status;
            entry.run.reason = Some(reason);
            self.sender.send_replace(Some(Ended::Failed(fault.clone())));
        });
        self.sender.send_if_modified(|outcome| {
            let open = outcome.is_none();
            if open {
                *outcome = Some(Ended::Failed(fault));
            }
            open
        });
    }

    /// A workload that was removed and ordered again has an entry of a later run.
    fn owns(&self, entry: Option<&Entry>) -> bool {
        entry.is_some_and(|entry| entry.outcome.same_channel(&self.sender.subscribe()))
    }

    fn with_own_entry(&self, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.runs.entries();
        if self.owns(entries.get(&self.workload_id))
            && let Some(entry) = entries.get_mut(&self.workload_id)
        {
            change(entry);
        }
    }
}

impl Drop for Ticket {
    /// A run whose task broke off has failed; else its workload could never be run again.
    fn drop(&mut self) {
        if self.sender.borrow().is_none() {
            let fault = DockerFault::unavailable("the run broke off");
            self.fail_now(WorkloadStatus::Failed, fault);
        }
    }
}

#[cfg(test)]
#[path = "pending_tests.rs"]
mod tests;
