//! Carries out orders for compose projects: source, images, containers. Never two projects for
//! one workload.

use std::sync::Arc;
use std::time::Duration;

use persys_contract::WorkloadStatus;
use persys_reference_base::RequestId;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::locks::WorkloadLocks;
use super::pending::{Begun, Ended, Outcome, PendingRun, PendingRuns, Ticket};
use crate::compose::{Compose, Prepared, Project, ProjectFault, ProjectSpec, Source, Wanted};
use crate::docker::{Container, DockerFault, Engine, Leavings, with_tag};

/// How many sources are fetched, images pulled and projects brought up at a time.
const FETCHES_AT_A_TIME: usize = 3;
const PULLS_AT_A_TIME: usize = 3;
const UPS_AT_A_TIME: usize = 3;

/// After the program was killed Docker may still carry out what it was asked last: for how
/// long, and how often, it is looked for what appears.
const SETTLING: Duration = Duration::from_secs(1);
const SETTLING_POLL: Duration = Duration::from_millis(100);

/// A status to be shown, and why.
type Failure = (WorkloadStatus, DockerFault);

/// Runs projects in the background.
#[derive(Clone)]
pub struct ProjectRunner {
    engine: Engine,
    compose: Compose,
    pending: PendingRuns,
    locks: WorkloadLocks,
    fetches: Arc<Semaphore>,
    pulls: Arc<Semaphore>,
    ups: Arc<Semaphore>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl ProjectRunner {
    pub fn new(
        engine: Engine,
        compose: Compose,
        pending: PendingRuns,
        locks: WorkloadLocks,
    ) -> Self {
        Self {
            engine,
            compose,
            pending,
            locks,
            fetches: Arc::new(Semaphore::new(FETCHES_AT_A_TIME)),
            pulls: Arc::new(Semaphore::new(PULLS_AT_A_TIME)),
            ups: Arc::new(Semaphore::new(UPS_AT_A_TIME)),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// Takes an order. It is carried out in the background even if the caller goes away; the
    /// outcome tells when it is done. An order that is under way already is joined.
    pub fn order(&self, spec: ProjectSpec) -> Outcome {
        let status = match spec.source {
            Source::Repository(_) => WorkloadStatus::Pulling,
            Source::Folder(_) | Source::File(_) => WorkloadStatus::ContainerCreating,
        };
        match self.pending.begin(PendingRun::of_project(&spec, status)) {
            Begun::Joined(outcome) => outcome,
            Begun::New(ticket, outcome) => {
                let runner = self.clone();
                let id = RequestId::current().unwrap_or_default();
                self.tasks.spawn(id.scope(async move {
                    let wanted = Wanted {
                        cancelled: ticket.cancelled.clone(),
                        stopping: runner.stopping.clone(),
                    };
                    let outcome = runner.run(&spec, &ticket, &wanted).await;
                    ticket.settle(outcome);
                }));
                outcome
            }
        }
    }

    /// Gives up what is being fetched, gives what is being brought up a moment to come to its
    /// end, and returns when all runs have.
    pub async fn drain(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn run(
        &self,
        spec: &ProjectSpec,
        ticket: &Ticket,
        wanted: &Wanted,
    ) -> Result<Ended, Failure> {
        match self.converge(spec, ticket, wanted).await {
            Err((_, Fault::Project(ProjectFault::GivenUp))) => Ok(Ended::Cancelled),
            Err((status, fault)) => Err((status, fault.into())),
            Ok(ended) => Ok(ended),
        }
    }

    async fn converge(
        &self,
        spec: &ProjectSpec,
        ticket: &Ticket,
        wanted: &Wanted,
    ) -> Result<Ended, (WorkloadStatus, Fault)> {
        let containers = self.engine.containers_of(&spec.workload_id).await.map_err(failed)?;
        let known = self.compose.store().get(&spec.workload_id);
        match known.filter(|_| !containers.is_empty()) {
            // It is what the workload is, even if its source has changed since.
            Some(project) if project.is_complete(&containers) => Ok(Ended::Existed),
            Some(project) => {
                self.pull_images(&project, ticket, wanted).await?;
                let _guard = self.locks.lock(&spec.workload_id).await;
                self.bring_up(&project, true, wanted).await
            }
            // A single container by that id.
            None if containers.iter().any(Container::is_by_run) => Ok(Ended::Existed),
            None => self.run_anew(spec, !containers.is_empty(), ticket, wanted).await,
        }
    }

    async fn run_anew(
        &self,
        spec: &ProjectSpec,
        existed: bool,
        ticket: &Ticket,
        wanted: &Wanted,
    ) -> Result<Ended, (WorkloadStatus, Fault)> {
        let prepared = self.prepare(spec, wanted).await.map_err(failed)?;
        self.pull_images(&prepared.project, ticket, wanted).await?;
        let _guard = self.locks.lock(&spec.workload_id).await;
        if wanted.cancelled.is_cancelled() {
            return Ok(Ended::Cancelled);
        }
        let store = self.compose.store();
        let project = store.adopt(prepared.draft, prepared.project).map_err(failed)?;
        let outcome = self.bring_up(&project, existed, wanted).await;
        let stopped = !wanted.cancelled.is_cancelled()
            && matches!(outcome, Err((_, Fault::Project(ProjectFault::GivenUp))));
        // What an agent that stops leaves half done is completed in its next life.
        if outcome.is_err()
            && !existed
            && !stopped
            && let Some(project) = store.take(&project.workload_id)
        {
            store.discard(&project);
        }
        outcome
    }

    async fn prepare(&self, spec: &ProjectSpec, wanted: &Wanted) -> Result<Prepared, ProjectFault> {
        let _slot = tokio::select! {
            slot = self.fetches.acquire() => slot,
            () = wanted.given_up() => return Err(ProjectFault::GivenUp),
        };
        self.compose.prepare(spec, wanted).await
    }

    /// Before anything is made, so that the program finds every image that it does not build.
    async fn pull_images(
        &self,
        project: &Project,
        ticket: &Ticket,
        wanted: &Wanted,
    ) -> Result<(), (WorkloadStatus, Fault)> {
        for service in &project.services {
            let Some(image) = service.image.clone().map(with_tag) else { continue };
            if self.engine.has_image(&image).await.unwrap_or(false) {
                continue;
            }
            ticket.advance(WorkloadStatus::Pulling);
            let pulling = async {
                let _slot = self.pulls.acquire().await;
                self.engine.pull(&image).await
            };
            tokio::select! {
                pulled = pulling => {
                    pulled.map_err(|fault| (WorkloadStatus::ImagePullBackOff, fault.into()))?;
                }
                () = wanted.given_up() => return Err(failed(ProjectFault::GivenUp)),
            }
        }
        ticket.advance(WorkloadStatus::ContainerCreating);
        Ok(())
    }

    /// To be called under the workload's lock. What fails leaves nothing behind that was not
    /// there before.
    async fn bring_up(
        &self,
        project: &Project,
        existed: bool,
        wanted: &Wanted,
    ) -> Result<Ended, (WorkloadStatus, Fault)> {
        self.clear(project).await.map_err(failed)?;
        let _slot = tokio::select! {
            slot = self.ups.acquire() => slot,
            () = wanted.given_up() => return Ok(Ended::Cancelled),
        };
        let Err(fault) = self.compose.up(project, wanted).await else { return Ok(Ended::Started) };
        let cleared = match (&fault, existed) {
            (ProjectFault::GivenUp, _) if !wanted.cancelled.is_cancelled() => Ok(()),
            (ProjectFault::GivenUp | ProjectFault::TimedOut { .. }, false) => {
                self.take_back(project).await
            }
            (_, false) => {
                self.engine.remove_project(&project.name, Leavings::Networks).await.map(drop)
            }
            (_, true) => self.clear(project).await,
        };
        if let Err(fault) = cleared {
            let workload_id = &project.workload_id;
            tracing::warn!(workloadId = workload_id, reason = %fault, "failed to clear up a project");
        }
        Err(failed(fault))
    }

    /// Removes what the program could not make use of: what was never started, and the dead.
    async fn clear(&self, project: &Project) -> Result<(), DockerFault> {
        for container in self.engine.containers_of(&project.workload_id).await? {
            if container.is_created() || container.state == "dead" {
                self.engine.remove(&container.id).await?;
            }
        }
        Ok(())
    }

    /// Removes what a killed program made, and what Docker still makes of its last words.
    async fn take_back(&self, project: &Project) -> Result<(), DockerFault> {
        let mut quiet_until = Instant::now() + SETTLING;
        while Instant::now() < quiet_until {
            if self.engine.remove_project_containers(&project.name).await? {
                quiet_until = Instant::now() + SETTLING;
            }
            sleep(SETTLING_POLL).await;
        }
        self.engine.remove_project(&project.name, Leavings::Networks).await.map(drop)
    }
}

/// What went wrong, of the two that can.
enum Fault {
    Project(ProjectFault),
    Docker(DockerFault),
}

impl From<ProjectFault> for Fault {
    fn from(fault: ProjectFault) -> Self {
        Self::Project(fault)
    }
}

impl From<DockerFault> for Fault {
    fn from(fault: DockerFault) -> Self {
        Self::Docker(fault)
    }
}

impl From<Fault> for DockerFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Project(fault) => fault.into(),
            Fault::Docker(fault) => fault,
        }
    }
}

fn failed<F, T: From<F>>(fault: F) -> (WorkloadStatus, T) {
    (WorkloadStatus::Failed, T::from(fault))
}
