//! The reconciler's interface (contract §3.1, §6).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::DesiredState;

/// What the reconciler does to bring the actual state to the desired one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReconcileAction {
    None,
    Recreate,
    Restart,
    Unpause,
    Stop,
    Remove,
    /// Pull the image again.
    Retry,
}

impl ReconcileAction {
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Recreate,
        Self::Restart,
        Self::Unpause,
        Self::Stop,
        Self::Remove,
        Self::Retry,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Recreate => "recreate",
            Self::Restart => "restart",
            Self::Unpause => "unpause",
            Self::Stop => "stop",
            Self::Remove => "remove",
            Self::Retry => "retry",
        }
    }
}

impl fmt::Display for ReconcileAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The body of `PUT /workloads/{id}/desired-state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DesiredStateChange {
    pub desired_state: DesiredState,
}

/// The answer to `POST /workloads/{id}/reconcile`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconcileResult {
    pub workload_id: String,
    pub desired_state: String,
    pub actual_state: String,
    pub action: String,
    pub success: bool,
    #[serde(default)]
    pub error_message: String,
}

/// Counters since the reconciler was first started; they survive a change of leader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReconciliationStats {
    pub total_workloads: u64,
    pub needing_reconciliation: u64,
    pub reconciliation_errors: u64,
    pub actions_taken: u64,
    /// RFC 3339, UTC; absent before the first pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reconciliation: Option<String>,
}

/// The body of `GET /reconciliation/stats`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatsReply {
    pub stats: ReconciliationStats,
    /// RFC 3339, UTC.
    pub timestamp: String,
}

/// The body of `POST /reconciliation/trigger`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerReply {
    pub results: TriggerResults,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerResults {
    pub total_workloads: u64,
    pub processed: u64,
    pub actions_taken: u64,
    pub successful: u64,
}
