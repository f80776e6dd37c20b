//! What all parts of a scheduler share.

use persys_contract::Discovery;
use persys_reference_base::config::Timings;
use tokio::sync::{Mutex, Notify};

use crate::{
    agent_client::AgentClient, cluster::Leadership, metrics::SchedulerMetrics, reconcile::Agenda,
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
    /// Held while resources are given away, so that requests at this scheduler
    /// wait for each other instead of overtaking each other in the store.
    pub placing: Mutex<()>,
}
