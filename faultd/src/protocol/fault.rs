//! The faults that can be leased.

use std::{fmt, net::IpAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::Capability;

/// Which packets a cut takes, seen from the machine of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Both,
    /// What the peers send is lost; they still hear this machine.
    In,
    /// What this machine sends is lost; it still hears the peers.
    Out,
}

/// A fault. It lasts as long as its lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[serde(deny_unknown_fields)]
pub enum Fault {
    /// Ends a component in an orderly way. Healed by starting it.
    Stop { component: String },
    /// SIGKILL to a component. Healed by starting it, unless it was started meanwhile.
    Kill { component: String },
    /// SIGSTOP to a component. Healed by letting it go on.
    Pause { component: String },
    /// Drops every packet between this machine and the peers. The daemon's own port
    /// is exempt.
    Cut { peers: Vec<IpAddr>, direction: Direction },
    /// Drops this share of the packets to and of those from the peers, each packet by chance.
    Loss { peers: Vec<IpAddr>, percent: u8 },
    /// Delays every packet that this machine sends to the peers.
    Delay { peers: Vec<IpAddr>, ms: u32 },
    /// Bounds what this machine sends, to whomever.
    Rate { bytes_per_second: u64 },
    /// Fills the disk that holds a folder until this much is left.
    FillDisk { path: PathBuf, leave_bytes: u64 },
    /// Takes and holds memory.
    Memory { bytes: u64 },
    /// Keeps processor threads busy.
    Cpu { threads: u16 },
    /// Leaves all containers of the machine together this much more memory than they
    /// have. Whoever takes more is killed by the kernel.
    ContainerMemory { leave_bytes: u64 },
    /// Keeps a component from opening any more file or connection. What it has open
    /// stays so.
    Descriptors { component: String },
}

impl Fault {
    /// The fault's tag on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Stop { .. } => "stop",
            Self::Kill { .. } => "kill",
            Self::Pause { .. } => "pause",
            Self::Cut { .. } => "cut",
            Self::Loss { .. } => "loss",
            Self::Delay { .. } => "delay",
            Self::Rate { .. } => "rate",
            Self::FillDisk { .. } => "fill-disk",
            Self::Memory { .. } => "memory",
            Self::Cpu { .. } => "cpu",
            Self::ContainerMemory { .. } => "container-memory",
            Self::Descriptors { .. } => "descriptors",
        }
    }

    /// What the machine must be able to do for it.
    pub fn needs(&self) -> Option<Capability> {
        match self {
            Self::Cut { .. } => Some(Capability::Nft),
            Self::Loss { .. } => Some(Capability::Loss),
            Self::Delay { .. } => Some(Capability::Netem),
            Self::Rate { .. } => Some(Capability::Tbf),
            Self::ContainerMemory { .. } => Some(Capability::ContainerMemory),
            Self::Stop { .. }
            | Self::Kill { .. }
            | Self::Pause { .. }
            | Self::FillDisk { .. }
            | Self::Memory { .. }
            | Self::Cpu { .. }
            | Self::Descriptors { .. } => None,
        }
    }

    /// The component that it is about.
    pub fn component(&self) -> Option<&str> {
        match self {
            Self::Stop { component }
            | Self::Kill { component }
            | Self::Pause { component }
            | Self::Descriptors { component } => Some(component),
            _ => None,
        }
    }

    /// The machines that it parts this one from.
    pub fn peers(&self) -> &[IpAddr] {
        match self {
            Self::Cut { peers, .. } | Self::Loss { peers, .. } | Self::Delay { peers, .. } => peers,
            _ => &[],
        }
    }
}

/// For logs and reports: what it does, and to whom.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            Self::Stop { component } | Self::Kill { component } | Self::Pause { component } => {
                write!(f, "{kind} {component}")
            }
            Self::Cut { peers, direction } => {
                let way = match direction {
                    Direction::Both => "to and from",
                    Direction::In => "from",
                    Direction::Out => "to",
                };
                write!(f, "{kind} the link {way} {}", listed(peers))
            }
            Self::Loss { peers, percent } => {
                write!(f, "lose {percent} % of the packets to and from {}", listed(peers))
            }
            Self::Delay { peers, ms } => {
                write!(f, "{kind} packets to {} by {ms} ms", listed(peers))
            }
            Self::Rate { bytes_per_second } => {
                write!(f, "bound what is sent to {bytes_per_second} bytes per second")
            }
            Self::FillDisk { path, leave_bytes } => {
                write!(f, "fill the disk of {} up to {leave_bytes} bytes", path.display())
            }
            Self::Memory { bytes } => write!(f, "take {bytes} bytes of memory"),
            Self::Cpu { threads } => write!(f, "keep {threads} threads busy"),
            Self::ContainerMemory { leave_bytes } => {
                write!(f, "leave the containers {leave_bytes} bytes more memory than they have")
            }
            Self::Descriptors { component } => write!(f, "let {component} open nothing more"),
        }
    }
}

fn listed(peers: &[IpAddr]) -> String {
    peers.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ")
}
