//! What a scheduler and an agent say to each other (contract §3.3).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RestartPolicy;

/// The label by which an agent's containers are known.
pub const WORKLOAD_LABEL: &str = "workloadId";

/// The body of `POST /docker/run`. Idempotent by `workload_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DockerRun {
    pub workload_id: String,
    /// The container's name; equals the workload id.
    pub name: String,
    /// The workload's name.
    pub display_name: String,
    pub image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    pub env: BTreeMap<String, String>,
    pub ports: Vec<String>,
    pub volumes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    /// Answer at once, pull and start in the background.
    #[serde(rename = "async")]
    pub background: bool,
}

/// The answer to an asynchronous run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedReply {
    /// `queued`.
    pub result: String,
    pub workload_id: String,
}

/// One container in the answer to `GET /docker/list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerEntry {
    pub id: String,
    pub names: Vec<String>,
    /// Docker's state (`created`, `running`, `paused`, `exited`, …), or a status of
    /// contract §2 for a run that has no container yet.
    pub status: String,
    pub image: String,
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// Docker's message, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `GET /docker/list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerList {
    pub result: Vec<ContainerEntry>,
}

/// The body of `GET /api/v1/health` on an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentHealth {
    pub status: String,
    pub node_id: String,
    /// What the Docker Engine answered.
    pub docker: String,
}
