//! A node and what it reports (contract §2, §3.2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeStatus {
    Active,
    Inactive,
}

impl NodeStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }
}

/// Whether a node may be called so: the id stands in a key of the store and in a DNS name,
/// beside the schedulers' own.
pub fn is_node_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    (1..=63).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.bytes().all(plain)
        && !id.eq_ignore_ascii_case("scheduler")
}

/// What [`is_node_id`] asks for, in words that go on from the field's name.
pub const NODE_ID_RULE: &str = "must be 1 to 63 letters, digits, hyphens and dots, begin with a letter or digit, and not be \"scheduler\"";

/// Shares in use, each from 0 to 100 percent. The names are the wire's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeUsage {
    pub cpu_usage: f64,
    pub memory_usage: f64,
    pub disk_usage: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerEngine {
    /// Always `docker` in this generation.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub version: String,
}

/// A node as it registers, as it is kept at `/nodes/<nodeId>` and as it is listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    pub node_id: String,
    pub ip_address: String,
    pub agent_port: u16,
    pub hostname: String,
    #[serde(default)]
    pub username: String,
    #[serde(default)]
    pub os_name: String,
    #[serde(default)]
    pub kernel_version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<NodeStatus>,
    /// Cores.
    pub total_cpu: f64,
    /// Bytes.
    pub total_memory: u64,
    /// Cores.
    #[serde(default)]
    pub available_cpu: f64,
    /// Bytes.
    #[serde(default)]
    pub available_memory: u64,
    #[serde(default)]
    pub resources: NodeUsage,
    pub container_engine: ContainerEngine,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// RFC 3339, UTC; the scheduler's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_heartbeat: Option<String>,
    /// `<nodeId>.<domain>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_name: Option<String>,
}

/// The body of `GET /nodes`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeList {
    pub nodes: Vec<Node>,
}

/// The body of `POST /nodes/heartbeat`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    pub node_id: String,
    pub status: NodeStatus,
    /// Cores.
    pub available_cpu: f64,
    /// Bytes.
    pub available_memory: u64,
}

/// The answer to `POST /nodes/register`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationReply {
    pub node_id: String,
    /// `Registered`.
    pub status: String,
}
