//! Start, stop and remove: what a scheduler orders for a container that is there.

use persys_contract::WorkloadStatus;

use super::locks::WorkloadLocks;
use super::pending::PendingRuns;
use crate::docker::{Container, DockerFault, Engine, is_reference};

/// Why an action was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    #[error("no container or workload has this id")]
    NotFound,
    #[error("the workload has no container yet: it is {0}")]
    NoContainerYet(WorkloadStatus),
    #[error(transparent)]
    Docker(#[from] DockerFault),
}

/// Acts on containers by their id or their workload's.
#[derive(Clone)]
pub struct Actions {
    engine: Engine,
    pending: PendingRuns,
    locks: WorkloadLocks,
}

impl Actions {
    pub fn new(engine: Engine, pending: PendingRuns, locks: WorkloadLocks) -> Self {
        Self { engine, pending, locks }
    }

    /// Starts what does not run, and lets go on what is paused.
    pub async fn start(&self, id: &str) -> Result<String, ActionError> {
        let workload_id = self.workload_of(id).await?;
        let _guard = self.locks.lock(&workload_id).await;
        for container in self.present(&workload_id).await? {
            tracing::info!(workloadId = workload_id, container = container.id, "container start");
            match container.state.as_str() {
                "running" | "restarting" => {}
                "paused" => self.engine.unpause(&container.id).await?,
                _ => self.engine.start(&container.id).await?,
            }
        }
        Ok(workload_id)
    }

    /// Stops what runs: SIGTERM, a short grace, SIGKILL.
    pub async fn stop(&self, id: &str) -> Result<String, ActionError> {
        let workload_id = self.workload_of(id).await?;
        let _guard = self.locks.lock(&workload_id).await;
        let containers = self.present(&workload_id).await?;
        let stops = containers.iter().map(|container| {
            tracing::info!(workloadId = workload_id, container = container.id, "container stop");
            self.engine.stop(&container.id)
        });
        futures::future::try_join_all(stops).await?;
        Ok(workload_id)
    }

    /// Removes a workload's containers and cancels its pending run: nothing appears afterwards.
    pub async fn remove(&self, id: &str) -> Result<String, ActionError> {
        let workload_id = self.workload_of(id).await?;
        // Before the lock: the run may hold it, and ends sooner when it knows.
        let cancelled = self.pending.cancel(&workload_id);
        let _guard = self.locks.lock(&workload_id).await;
        let containers = self.engine.containers_of(&workload_id).await?;
        if containers.is_empty() && !cancelled {
            return Err(ActionError::NotFound);
        }
        let removals = containers.iter().map(|container| {
            tracing::info!(workloadId = workload_id, container = container.id, "container remove");
            self.engine.remove(&container.id)
        });
        futures::future::try_join_all(removals).await?;
        Ok(workload_id)
    }

    /// The end of what a workload's containers wrote; nothing for a run without container.
    pub async fn logs(&self, id: &str) -> Result<String, ActionError> {
        let workload_id = self.workload_of(id).await?;
        let mut logs = String::new();
        for container in self.engine.containers_of(&workload_id).await? {
            match self.engine.logs(&container.id).await {
                Err(fault) if fault.is_not_found() => {}
                outcome => logs.push_str(&outcome?),
            }
        }
        Ok(logs)
    }

    /// The workload that an id of either kind stands for.
    async fn workload_of(&self, id: &str) -> Result<String, ActionError> {
        if !is_reference(id) {
            return Err(ActionError::NotFound);
        }
        let known = self.pending.get(id).is_some();
        if known || !self.engine.containers_of(id).await?.is_empty() {
            return Ok(id.to_owned());
        }
        let container = self.engine.container(id).await?.ok_or(ActionError::NotFound)?;
        Ok(container.workload_id().to_owned())
    }

    async fn present(&self, workload_id: &str) -> Result<Vec<Container>, ActionError> {
        let containers = self.engine.containers_of(workload_id).await?;
        if !containers.is_empty() {
            return Ok(containers);
        }
        Err(match self.pending.get(workload_id) {
            Some(run) => ActionError::NoContainerYet(run.status),
            None => ActionError::NotFound,
        })
    }
}
