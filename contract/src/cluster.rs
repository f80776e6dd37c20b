//! The overviews that gateway and scheduler give (contract §3.1).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Node;

/// The body of `GET /cluster/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterMetrics {
    pub nodes: Vec<Node>,
    pub workloads: WorkloadTotals,
    pub schedulers: Vec<SchedulerInfo>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadTotals {
    pub total: u64,
    pub by_status: BTreeMap<String, u64>,
}

/// One registered scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulerInfo {
    pub instance: String,
    /// `<ip>:<port>` of its mutual TLS listener.
    pub address: String,
    pub leader: bool,
}

/// The body of the gateway's `GET /health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayHealth {
    pub status: String,
    pub service: String,
    /// The scheduler's address in use.
    pub prow_scheduler: String,
}
