//! What is broken, in the words of a plan: machines by name.

use std::{fmt, net::IpAddr};

use persys_contract::topology::Topology;
use persys_faultd::protocol::{Direction, Fault};
use serde::{Deserialize, Serialize};

/// A fault that lasts for a while and is healed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Breakage {
    Stop {
        component: String,
    },
    Kill {
        component: String,
    },
    Pause {
        component: String,
    },
    Cut {
        peers: Vec<String>,
        direction: Direction,
    },
    Loss {
        peers: Vec<String>,
        percent: u8,
    },
    Delay {
        peers: Vec<String>,
        ms: u32,
    },
    Rate {
        bytes_per_second: u64,
    },
    Memory {
        bytes: u64,
    },
    Cpu {
        threads: u16,
    },
    /// Fills the disk that the node's Docker Engine keeps everything on.
    FillDisk,
}

/// What is done to a workload's containers behind the agent's back. The platform mends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blow {
    Stop,
    Kill,
    Remove,
    Pause,
}

impl Breakage {
    pub fn peers(&self) -> &[String] {
        match self {
            Self::Cut { peers, .. } | Self::Loss { peers, .. } | Self::Delay { peers, .. } => peers,
            _ => &[],
        }
    }

    pub fn component(&self) -> Option<&str> {
        match self {
            Self::Stop { component } | Self::Kill { component } | Self::Pause { component } => {
                Some(component)
            }
            _ => None,
        }
    }

    /// Whether its healing starts a component, which then waits for what it needs.
    pub fn ends_in_a_start(&self) -> bool {
        matches!(self, Self::Stop { .. } | Self::Kill { .. })
    }

    /// As a fault daemon takes it. `disk` is the folder whose disk is filled.
    pub fn fault(&self, topology: &Topology, disk: Option<&str>) -> Result<Fault, String> {
        let component = |name: &String| name.clone();
        Ok(match self {
            Self::Stop { component: name } => Fault::Stop { component: component(name) },
            Self::Kill { component: name } => Fault::Kill { component: component(name) },
            Self::Pause { component: name } => Fault::Pause { component: component(name) },
            Self::Cut { peers, direction } => {
                Fault::Cut { peers: addresses(topology, peers)?, direction: *direction }
            }
            Self::Loss { peers, percent } => {
                Fault::Loss { peers: addresses(topology, peers)?, percent: *percent }
            }
            Self::Delay { peers, ms } => {
                Fault::Delay { peers: addresses(topology, peers)?, ms: *ms }
            }
            Self::Rate { bytes_per_second } => Fault::Rate { bytes_per_second: *bytes_per_second },
            Self::Memory { bytes } => Fault::Memory { bytes: *bytes },
            Self::Cpu { threads } => Fault::Cpu { threads: *threads },
            Self::FillDisk => {
                let path = disk.ok_or("the machine has no Docker Engine whose disk to fill")?;
                Fault::FillDisk { path: path.into(), leave_bytes: 0 }
            }
        })
    }
}

fn addresses(topology: &Topology, names: &[String]) -> Result<Vec<IpAddr>, String> {
    let address = |name: &String| match topology.machines.get(name) {
        Some(machine) => Ok(machine.address.into()),
        None => Err(format!("the topology has no machine {name}")),
    };
    names.iter().map(address).collect()
}

impl fmt::Display for Breakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stop { component } => write!(f, "stop {component}"),
            Self::Kill { component } => write!(f, "kill {component}"),
            Self::Pause { component } => write!(f, "pause {component}"),
            Self::Cut { peers, direction } => {
                let way = match direction {
                    Direction::Both => "to and from",
                    Direction::In => "from",
                    Direction::Out => "to",
                };
                write!(f, "cut the link {way} {}", peers.join(", "))
            }
            Self::Loss { peers, percent } => {
                write!(f, "lose {percent} % of the packets to and from {}", peers.join(", "))
            }
            Self::Delay { peers, ms } => {
                write!(f, "delay packets to {} by {ms} ms", peers.join(", "))
            }
            Self::Rate { bytes_per_second } => {
                write!(f, "bound what is sent to {} KiB/s", bytes_per_second >> 10)
            }
            Self::Memory { bytes } => write!(f, "take {} MiB of memory", bytes >> 20),
            Self::Cpu { threads } => write!(f, "keep {threads} thread(s) busy"),
            Self::FillDisk => f.write_str("fill Docker's disk"),
        }
    }
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stop => "stop the containers",
            Self::Kill => "kill the containers",
            Self::Remove => "remove the containers",
            Self::Pause => "pause the containers",
        })
    }
}
