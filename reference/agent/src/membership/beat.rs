//! Registers the node and keeps it alive with heartbeats.

use persys_reference_base::defect;
use std::time::Duration;

use persys_contract::{Heartbeat, NodeStatus};
use persys_reference_base::RequestId;
use persys_reference_base::config::Timings;
use persys_reference_base::signature::CallError;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::backoff::Backoff;
use super::schedulers::Schedulers;
use crate::docker::EngineWatch;
use crate::node::{NodeFacts, UsageMeter};

/// The least time a scheduler is given to answer.
const LEAST_CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// How long one scheduler may take. With short heartbeats less than a request may take otherwise:
/// the next scheduler must be asked before the node counts as silent.
pub fn call_timeout(timings: &Timings) -> Duration {
    timings.request_timeout.min(timings.heartbeat_interval.max(LEAST_CALL_TIMEOUT))
}

/// The node's membership in the platform.
pub struct Membership {
    schedulers: Schedulers,
    facts: NodeFacts,
    engine: EngineWatch,
    interval: Duration,
    meter: UsageMeter,
}

impl Membership {
    pub fn new(
        schedulers: Schedulers,
        facts: NodeFacts,
        engine: EngineWatch,
        interval: Duration,
    ) -> Self {
        Self { schedulers, facts, engine, interval, meter: UsageMeter::default() }
    }

    /// Registers, beats, and registers again when the node is unknown; for ever.
    pub async fn run(mut self) {
        loop {
            let version = self.register().await;
            self.beat(&version).await;
        }
    }

    /// Tries until a scheduler accepts. Returns the Docker version it was told.
    async fn register(&mut self) -> String {
        let mut backoff = Backoff::new(self.interval);
        let mut complaints = Complaints::default();
        loop {
            let version = self.engine.state().version;
            match RequestId::new().scope(self.register_once(&version)).await {
                Ok(()) => return version,
                Err(fault) => complaints.tell("the node is not registered", &fault),
            }
            tokio::time::sleep(backoff.pause()).await;
        }
    }

    async fn register_once(&mut self, docker_version: &str) -> anyhow::Result<()> {
        let usage = self.meter.measure()?;
        let node = self.facts.registration(&usage, docker_version);
        self.schedulers.post("/nodes/register", &node).await?;
        tracing::info!(nodeId = node.node_id, "registered");
        Ok(())
    }

    /// Beats until the node has to register again: nobody knows it, or what was told has changed.
    async fn beat(&mut self, told_version: &str) {
        let mut ticks = interval_at(Instant::now() + self.interval, self.interval);
        let mut complaints = Complaints::default();
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.engine.state().version != told_version {
                return;
            }
            match RequestId::new().scope(self.beat_once()).await {
                Ok(()) => {
                    defect!("agent-beats-once" => std::future::pending::<()>().await);
                    complaints = Complaints::default();
                }
                Err(fault) if is_unknown(&fault) => {
                    defect!("agent-never-registers-again" => continue);
                    tracing::warn!("no scheduler knows this node any more");
                    return;
                }
                Err(fault) => complaints.tell("no heartbeat was taken", &fault),
            }
        }
    }

    async fn beat_once(&mut self) -> anyhow::Result<()> {
        let usage = self.meter.measure()?;
        let heartbeat = Heartbeat {
            node_id: self.facts.node_id().to_owned(),
            status: NodeStatus::Active,
            available_cpu: usage.available_cpu,
            available_memory: usage.available_memory,
        };
        self.schedulers.post("/nodes/heartbeat", &heartbeat).await?;
        Ok(())
    }
}

/// Warns of a fault once, until another one takes its place.
#[derive(Default)]
struct Complaints {
    last: String,
}

impl Complaints {
    fn tell(&mut self, what: &str, fault: &anyhow::Error) {
        let reason = format!("failed to {fault:#}");
        if reason == self.last {
            tracing::debug!(reason, "still: {what}");
        } else {
            tracing::warn!(reason, "{what}");
            self.last = reason;
        }
    }
}

fn is_unknown(fault: &anyhow::Error) -> bool {
    fault.downcast_ref::<CallError>().and_then(CallError::status) == Some(404)
}
