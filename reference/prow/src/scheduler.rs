//! What all parts of a scheduler share.

use persys_contract::Discovery;
use persys_reference_base::config::Timings;
use tokio::sync::Notify;

use crate::{
    agent_client::AgentClient,
    cluster::Leadership,
    metrics::SchedulerMetrics,
    placement::{Ledger, Placements},
    reconcile::{Agenda, Turns},
    store::Store,
};

pub struct Scheduler {
    pub instance: String,
    pub names: Discovery,
    pub timings: Timings,
    pub store: Store,
    pub agents: AgentClient,
    pub leadership: Leadership,
    pub metrics: SchedulerMetrics,
    /// What the reconciler is to look at before its interval is over.
    pub agenda: Agenda,
    /// Wakes the monitor before its interval is over.
    pub monitor_wanted: Notify,
    pub ledger: Ledger,
    /// New workloads that want a node.
    pub placements: Placements,
    /// Bounds what is done in the background at a time, lest it hold up those who wait.
    pub background: Turns,
}
