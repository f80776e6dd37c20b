//! One machine of the topology.

use std::{collections::BTreeMap, net::Ipv4Addr};

use serde::{Deserialize, Serialize};

/// What a machine is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MachineRole {
    /// Runs the verifier and `persys-cli`.
    Client,
    Gateway,
    Scheduler,
    /// CoreDNS.
    Dns,
    Etcd,
    /// `persys-agent` and a Docker Engine.
    Agent,
    /// Stands for GitHub.
    Github,
}

impl MachineRole {
    /// Each is some machine's in every topology. GitHub's may be nobody's.
    pub const NEEDED: [Self; 6] =
        [Self::Client, Self::Gateway, Self::Scheduler, Self::Dns, Self::Etcd, Self::Agent];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    pub address: Ipv4Addr,
    pub roles: Vec<MachineRole>,
    /// An agent's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Machine {
    pub fn has(&self, role: MachineRole) -> bool {
        self.roles.contains(&role)
    }
}
