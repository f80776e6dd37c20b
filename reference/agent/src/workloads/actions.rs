//! Start, stop and remove: what a scheduler orders for a container that is there.

use persys_reference_base::defect;
use std::time::Duration;

use persys_contract::{RUN_ONCE_LABEL, WorkloadStatus};

use super::joined_logs::joined;
use super::locks::WorkloadLocks;
use super::pending::PendingRuns;
use crate::compose::{ProjectStore, project_name};
use crate::docker::{Container, DockerFault, Engine, Leavings, is_reference};

/// How long a run that is taken back has to come to its end.
const CANCEL_DEADLINE: Duration = Duration::from_secs(5);

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
    projects: ProjectStore,
}

impl Actions {
    pub fn new(
        engine: Engine,
        pending: PendingRuns,
        locks: WorkloadLocks,
        projects: ProjectStore,
    ) -> Self {
        Self { engine, pending, locks, projects }
    }

    /// Starts what does not run, and lets go on what is paused.
    pub async fn start(&self, id: &str) -> Result<String, ActionError> {
        let workload_id = self.workload_of(id).await?;
        let _guard = self.locks.lock(&workload_id).await;
        let containers = self.present(&workload_id).await?;
        // What is done is not done again because another has to be started.
        let all_done = containers.iter().all(is_done);
        // The oldest first: it is the one that the others depend on, if they do.
        for container in containers.into_iter().rev().filter(|c| all_done || !is_done(c)) {
            tracing::info!(workloadId = workload_id, container = container.id, "container start");
            match container.state.as_str() {
                "running" | "restarting" => {}
                "paused" => self.engine.unpause(&container.id).await?,
                _ if defect!("start-only-promised", true, false) => {}
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
        defect!("stop-only-promised" => return Ok(workload_id));
        let stops = containers.iter().map(|container| {
            tracing::info!(workloadId = workload_id, container = container.id, "container stop");
            self.engine.stop(&container.id)
        });
        futures::future::try_join_all(stops).await?;
        Ok(workload_id)
    }

    /// Removes a workload's containers, and all that its project has if it is one, and cancels
    /// its pending run: nothing appears afterwards.
    pub async fn remove(&self, id: &str) -> Result<String, ActionError> {
        let workload_id = match self.workload_of(id).await {
            // Of a project there may be volumes left, and nothing else.
            Err(ActionError::NotFound) if is_reference(id) => id.to_owned(),
            known => known?,
        };
        defect!("container-outlives-delete" => return Ok(workload_id));
        // Before the lock: the run may hold it, and ends sooner when it knows.
        let cancelled = self.pending.cancel(&workload_id);
        if let Some(mut outcome) = cancelled.clone() {
            // It clears up after itself; what it leaves is removed below.
            let ended = outcome.wait_for(Option::is_some);
            let _ = tokio::time::timeout(CANCEL_DEADLINE, ended).await;
        }
        let _guard = self.locks.lock(&workload_id).await;
        let project = self.projects.take(&workload_id);
        let known = cancelled.is_some() || project.is_some();
        let removed = self.remove_all(&workload_id).await;
        match (&removed, project) {
            (Ok(_), Some(project)) => self.projects.discard(&project),
            (Err(_), Some(project)) => self.projects.put_back(project),
            (_, None) => {}
        }
        match removed {
            Ok(found) if found || known => Ok(workload_id),
            Ok(_) => Err(ActionError::NotFound),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Whether there was anything.
    async fn remove_all(&self, workload_id: &str) -> Result<bool, DockerFault> {
        let containers = self.engine.containers_of(workload_id).await?;
        let removals = containers.iter().map(|container| {
            tracing::info!(workloadId = workload_id, container = container.id, "container remove");
            self.engine.remove(&container.id)
        });
        futures::future::try_join_all(removals).await?;
        let project = project_name(workload_id);
        let found = self
            .engine
            .remove_project(
                &project,
                defect!("project-volumes-stay", Leavings::Networks, Leavings::NetworksAndVolumes),
            )
            .await?;
        Ok(found || !containers.is_empty())
    }

    /// The end of what a workload's containers wrote; nothing for a run without container.
    pub async fn logs(&self, id: &str) -> Result<String, ActionError> {
        let workload_id = self.workload_of(id).await?;
        let mut parts = Vec::new();
        defect!("logs-of-another-workload" => for other in self.engine.containers().await? {
            if other.workload_id() != workload_id {
                let logs = self.engine.logs(&other.id).await?;
                return Ok(joined(vec![(other, logs)]));
            }
        });
        for container in self.engine.containers_of(&workload_id).await?.into_iter().rev() {
            match self.engine.logs(&container.id).await {
                Err(fault) if fault.is_not_found() => {}
                outcome => parts.push((container, outcome?)),
            }
        }
        Ok(joined(parts))
    }

    /// The workload that an id of either kind stands for.
    async fn workload_of(&self, id: &str) -> Result<String, ActionError> {
        if !is_reference(id) {
            return Err(ActionError::NotFound);
        }
        let known = self.pending.get(id).is_some() || self.projects.get(id).is_some();
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

/// Whether it was to run once, and did.
fn is_done(container: &Container) -> bool {
    let once = container.labels.get(RUN_ONCE_LABEL).is_some_and(|value| value == "true");
    once && container.state == "exited" && container.exit_code == Some(0)
}
