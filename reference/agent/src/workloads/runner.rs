//! Carries out run orders: image, container, start. Never two containers for one workload.

use persys_reference_base::defect;
use std::sync::Arc;

use persys_contract::WorkloadStatus;
use persys_reference_base::RequestId;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::locks::WorkloadLocks;
use super::pending::{Begun, Ended, Outcome, PendingRun, PendingRuns, Ticket};
use crate::docker::{ContainerSpec, DockerFault, Engine};

/// How many images are pulled at a time.
const PULLS_AT_A_TIME: usize = 3;
/// How many containers are made and started at a time, for each processor: Docker spends one
/// on each, and with many more of them it answers no look-up in time.
const CREATES_PER_PROCESSOR: usize = 2;

fn creates_at_a_time() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    CREATES_PER_PROCESSOR * processors
}

/// Runs workloads in the background.
#[derive(Clone)]
pub struct Runner {
    engine: Engine,
    pending: PendingRuns,
    locks: WorkloadLocks,
    pulls: Arc<Semaphore>,
    creates: Arc<Semaphore>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Runner {
    pub fn new(engine: Engine, pending: PendingRuns, locks: WorkloadLocks) -> Self {
        Self {
            engine,
            pending,
            locks,
            pulls: Arc::new(Semaphore::new(PULLS_AT_A_TIME)),
            creates: Arc::new(Semaphore::new(creates_at_a_time())),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// Takes an order. It is carried out in the background even if the caller goes away; the
    /// outcome tells when it is done. An order that is under way already is joined.
    pub async fn order(&self, spec: ContainerSpec) -> Result<Outcome, DockerFault> {
        // Known before the run is listed, so that a present image never shows as being pulled.
        let status = match self.engine.has_image(&spec.image).await {
            Ok(true) => WorkloadStatus::ContainerCreating,
            Err(fault @ DockerFault::Unavailable { .. }) => return Err(fault),
            Ok(false) | Err(DockerFault::Refused { .. }) => WorkloadStatus::Pulling,
        };
        match self.pending.begin(PendingRun::of_container(&spec, status)) {
            Begun::Joined(outcome) => Ok(outcome),
            Begun::New(ticket, outcome) => {
                let runner = self.clone();
                let id = RequestId::current().unwrap_or_default();
                self.tasks.spawn(id.scope(async move {
                    let outcome = runner.run(&spec, &ticket).await;
                    ticket.settle(outcome);
                }));
                Ok(outcome)
            }
        }
    }

    /// Lets containers that are being made start, gives up what has not come so far, and returns
    /// when all runs have come to their end.
    pub async fn drain(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn run(
        &self,
        spec: &ContainerSpec,
        ticket: &Ticket,
    ) -> Result<Ended, (WorkloadStatus, DockerFault)> {
        let failed = |fault| (WorkloadStatus::Failed, fault);
        // A container that is there needs no image, even if the image went away since.
        let existing = self.engine.containers_of(&spec.workload_id).await.map_err(failed)?;
        if existing.is_empty() && !self.engine.has_image(&spec.image).await.unwrap_or(false) {
            ticket.advance(WorkloadStatus::Pulling);
            tokio::select! {
                pulled = self.pull(&spec.image) => {
                    pulled.map_err(|fault| (WorkloadStatus::ImagePullBackOff, fault))?;
                }
                () = self.given_up(ticket) => return Ok(Ended::Cancelled),
            }
            ticket.advance(WorkloadStatus::ContainerCreating);
        }
        let _slot = tokio::select! {
            slot = self.creates.acquire() => slot,
            () = self.given_up(ticket) => return Ok(Ended::Cancelled),
        };
        let _guard = self.locks.lock(&spec.workload_id).await;
        self.create_and_start(spec, ticket).await.map_err(failed)
    }

    /// Returns when the workload was removed, or the agent is told to stop.
    async fn given_up(&self, ticket: &Ticket) {
        tokio::select! {
            () = ticket.cancelled.cancelled() => {}
            () = self.stopping.cancelled() => {}
        }
    }

    async fn pull(&self, image: &str) -> Result<(), DockerFault> {
        let _slot = self.pulls.acquire().await;
        self.engine.pull(image).await
    }

    /// Not broken off once it has begun, as Docker would finish what it was asked: what turns
    /// out to be unwanted is removed instead.
    async fn create_and_start(
        &self,
        spec: &ContainerSpec,
        ticket: &Ticket,
    ) -> Result<Ended, DockerFault> {
        if ticket.cancelled.is_cancelled() {
            return Ok(Ended::Cancelled);
        }
        let existing = self.engine.containers_of(&spec.workload_id).await?;
        let id = match existing.into_iter().next() {
            // One that ended is left alone too: a one-shot workload must not run twice, and what
            // is to be restarted is the reconciler's decision (contract §6).
            Some(container) if !container.is_created() => return Ok(Ended::Existed),
            Some(container) => container.id,
            None => {
                defect!("starts-dawdle" => tokio::time::sleep(std::time::Duration::from_secs(4)).await);
                self.engine.create(spec).await?
            }
        };
        defect!("order-runs-twice" => self.run_again(spec).await);
        defect!("slow-starts-doubled" => if persys_reference_base::defects::is_spoiled() {
            self.run_again(spec).await;
        });
        if !ticket.cancelled.is_cancelled() {
            let started = self.engine.start(&id).await;
            if let Err(fault) = started {
                // It never ran; left behind it would look like one that is about to start.
                self.discard(&id).await;
                return Err(fault);
            }
        }
        if ticket.cancelled.is_cancelled() {
            self.discard(&id).await;
            return Ok(Ended::Cancelled);
        }
        Ok(Ended::Started)
    }

    /// A second container for the same workload.
    #[cfg(feature = "defects")]
    async fn run_again(&self, spec: &ContainerSpec) {
        if let Ok(id) = self.engine.create(&spec.under_another_name()).await {
            // Its ports may be taken.
            let _ = self.engine.start(&id).await;
        }
    }

    async fn discard(&self, id: &str) {
        if let Err(fault) = self.engine.remove(id).await {
            tracing::warn!(container = id, reason = %fault, "failed to remove an unwanted container");
        }
    }
}
