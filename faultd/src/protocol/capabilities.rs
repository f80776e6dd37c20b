//! What a machine's kernel and programs allow, found out by trying.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who runs the machine's components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackendKind {
    Lab,
    Systemd,
}

impl fmt::Display for BackendKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lab => "lab",
            Self::Systemd => "systemd",
        })
    }
}

/// Something that a fault may need and a machine may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Packet filtering with nftables.
    Nft,
    /// Packet filtering by chance.
    Loss,
    /// The queueing discipline that delays.
    Netem,
    /// The queueing discipline that bounds a rate.
    Tbf,
    /// A Docker Engine on this machine.
    Docker,
    /// A control group that bounds the memory of all containers of this machine.
    ContainerMemory,
}

impl Capability {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nft => "nft",
            Self::Loss => "loss",
            Self::Netem => "netem",
            Self::Tbf => "tbf",
            Self::Docker => "docker",
            Self::ContainerMemory => "container-memory",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    pub machine: String,
    pub backend: BackendKind,
    pub nft: bool,
    /// Whether what a cut takes on its way out vanishes on the wire, as on a broken link.
    /// Where not, the local sender of a datagram may be told that it was not permitted.
    #[serde(default)]
    pub nft_egress: bool,
    #[serde(default)]
    pub loss: bool,
    pub netem: bool,
    pub tbf: bool,
    pub docker: bool,
    #[serde(default)]
    pub container_memory: bool,
}

impl Capabilities {
    pub fn has(&self, capability: Capability) -> bool {
        match capability {
            Capability::Nft => self.nft,
            Capability::Loss => self.loss,
            Capability::Netem => self.netem,
            Capability::Tbf => self.tbf,
            Capability::Docker => self.docker,
            Capability::ContainerMemory => self.container_memory,
        }
    }
}
