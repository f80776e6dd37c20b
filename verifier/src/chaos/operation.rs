//! What a user asks for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// With what a user asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// HTTP to the gateway.
    Gateway,
    /// `persys-cli`.
    Cli,
}

/// What a workload is, and so how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One container that stays.
    Service,
    /// One container that ends by itself, and well.
    OneShot,
    /// A project of two services whose file comes along.
    Compose,
    /// A project of two services in a repository.
    Git,
}

impl Kind {
    /// How many containers are one workload of this kind.
    pub fn parts(self) -> usize {
        match self {
            Self::Service | Self::OneShot => 1,
            Self::Compose | Self::Git => 2,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::OneShot => "one-shot",
            Self::Compose => "compose project",
            Self::Git => "git project",
        }
    }
}

/// Workloads go by number; their ids are made when the plan is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Operation {
    /// `POST /workloads/schedule`
    Schedule {
        workload: u32,
        kind: Kind,
        /// The one node that may have it, by its labels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
    },
    /// The same order with the same id once more, as of a client that heard no answer.
    Repeat {
        workload: u32,
    },
    /// `PUT /workloads/{id}/desired-state`
    Stop {
        workload: u32,
    },
    Start {
        workload: u32,
    },
    /// `DELETE /workloads/{id}`
    Delete {
        workload: u32,
    },
    /// `GET /workloads/{id}`
    Get {
        workload: u32,
    },
    /// The same for the sake of its logs.
    Logs {
        workload: u32,
    },
    /// `GET /workloads`
    List,
    /// `GET /nodes`
    Nodes,
}

impl Operation {
    pub fn workload(&self) -> Option<u32> {
        match self {
            Self::Schedule { workload, .. }
            | Self::Repeat { workload }
            | Self::Stop { workload }
            | Self::Start { workload }
            | Self::Delete { workload }
            | Self::Get { workload }
            | Self::Logs { workload } => Some(*workload),
            Self::List | Self::Nodes => None,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Schedule { .. } => "schedule",
            Self::Repeat { .. } => "repeat",
            Self::Stop { .. } => "stop",
            Self::Start { .. } => "start",
            Self::Delete { .. } => "delete",
            Self::Get { .. } => "get",
            Self::Logs { .. } => "logs",
            Self::List => "list",
            Self::Nodes => "nodes",
        }
    }

    /// The statuses that the contract has for it (§3.1), the gateway's own among them.
    pub fn statuses(&self) -> &'static [u16] {
        match self {
            Self::Schedule { .. } | Self::Repeat { .. } => &[200, 409, 502, 503, 504],
            Self::Stop { .. } | Self::Start { .. } | Self::Get { .. } | Self::Logs { .. } => {
                &[200, 404, 502, 503, 504]
            }
            Self::Delete { .. } => &[202, 404, 502, 503, 504],
            Self::List | Self::Nodes => &[200, 502, 503, 504],
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gateway => "through the gateway",
            Self::Cli => "with persys-cli",
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Schedule { workload, kind, node } => {
                write!(f, "{name} w{workload}, a {}", kind.as_str())?;
                node.as_ref().map_or(Ok(()), |node| write!(f, " for {node}"))
            }
            Self::List => f.write_str("list workloads"),
            Self::Nodes => f.write_str("list nodes"),
            other => match other.workload() {
                Some(workload) => write!(f, "{name} w{workload}"),
                None => f.write_str(name),
            },
        }
    }
}
