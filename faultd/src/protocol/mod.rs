//! What travels between the fault daemon and its client: JSON over mutual TLS.

mod action;
mod capabilities;
mod component;
mod fault;
mod lease;
mod logs;
mod refusal;

pub use action::{Action, ActionResult, ContainerState};
pub use capabilities::{BackendKind, Capabilities, Capability};
pub use component::{Component, ComponentReport, ComponentState, Figures};
pub use fault::{Direction, Fault};
pub use lease::{
    Ended, Ending, Healing, Lease, LeaseId, LeaseList, LeaseRequest, LeaseState, RenewRequest,
};
pub use logs::LogChunk;
pub use refusal::{RefusalBody, RefusalCode};

/// The header by which a caller names the topology that it means.
pub const TOPOLOGY_HEADER: &str = "x-persys-topology";

/// The name of the daemon itself among the components.
pub const FAULTD: &str = "persys-faultd";

#[cfg(test)]
mod protocol_tests;
