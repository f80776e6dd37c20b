//! The node's Docker Engine: what the agent asks of it, and how it answers.

mod containers;
mod engine;
mod fault;
mod images;
mod logs;
mod projects;
mod spec;
mod watch;

pub use containers::{Container, is_reference};
pub use engine::Engine;
pub use fault::DockerFault;
pub use logs::LOG_BYTES;
pub use projects::{Leavings, PROJECT_LABEL};
pub use spec::{ContainerSpec, InvalidRun, with_tag};
pub use watch::EngineWatch;

/// The label that bears the workload's name.
pub const DISPLAY_NAME_LABEL: &str = "displayName";

/// The label that bears the id of the node that runs the container.
pub const NODE_LABEL: &str = "persys.node";
