//! All that can be asked about this node's workloads, in one hand.

use persys_contract::ContainerEntry;

use super::actions::{ActionError, Actions};
use super::listing;
use super::locks::WorkloadLocks;
use super::pending::{Outcome, PendingRuns};
use super::project_runner::ProjectRunner;
use super::runner::Runner;
use crate::compose::{Compose, ProjectSpec, ProjectStore};
use crate::docker::{ContainerSpec, DockerFault, Engine};

/// The workloads of this node; clones share them.
#[derive(Clone)]
pub struct Workloads {
    engine: Engine,
    pending: PendingRuns,
    runner: Runner,
    project_runner: ProjectRunner,
    projects: ProjectStore,
    actions: Actions,
}

impl Workloads {
    pub fn new(engine: Engine, compose: Compose) -> Self {
        let pending = PendingRuns::default();
        let locks = WorkloadLocks::default();
        let projects = compose.store().clone();
        let (runs, shared) = (pending.clone(), locks.clone());
        Self {
            runner: Runner::new(engine.clone(), pending.clone(), locks.clone()),
            project_runner: ProjectRunner::new(engine.clone(), compose, runs.clone(), shared),
            actions: Actions::new(engine.clone(), runs, locks, projects.clone()),
            engine,
            pending,
            projects,
        }
    }

    /// Orders a run; see [`Runner::order`].
    pub async fn order(&self, spec: ContainerSpec) -> Result<Outcome, DockerFault> {
        self.runner.order(spec).await
    }

    /// Orders a project; see [`ProjectRunner::order`].
    pub fn order_project(&self, spec: ProjectSpec) -> Outcome {
        self.project_runner.order(spec)
    }

    pub async fn list(&self) -> Result<Vec<ContainerEntry>, DockerFault> {
        listing::list(&self.engine, &self.pending, &self.projects).await
    }

    /// Each action takes the id of a container or of a workload and returns the workload's.
    pub async fn start(&self, id: &str) -> Result<String, ActionError> {
        self.actions.start(id).await
    }

    pub async fn stop(&self, id: &str) -> Result<String, ActionError> {
        self.actions.stop(id).await
    }

    pub async fn remove(&self, id: &str) -> Result<String, ActionError> {
        self.actions.remove(id).await
    }

    pub async fn logs(&self, id: &str) -> Result<String, ActionError> {
        self.actions.logs(id).await
    }

    /// Brings all runs to their end; see [`Runner::drain`].
    pub async fn drain(&self) {
        tokio::join!(self.runner.drain(), self.project_runner.drain());
    }
}
