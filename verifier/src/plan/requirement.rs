//! What a scenario or a step needs and a platform or a kernel may lack.

use std::fmt;

use persys_contract::topology::Feature;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A part of the contract, listed in the topology's `platform.features`.
    Feature(Feature),
    /// Something the machines must be able to do, such as `netem`, as their
    /// fault daemons report it.
    Capability(&'static str),
    /// A host that crashes and reboots machines when asked (docs/host-channel.md).
    HostChannel,
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feature(feature) => write!(f, "feature {feature}"),
            Self::Capability(name) => f.write_str(name),
            Self::HostChannel => f.write_str("host-channel"),
        }
    }
}
