//! What the agent does with workloads, containers and compose projects alike: it runs them in the
//! background, lists them with the runs that have no container yet, and starts, stops and removes
//! them.

mod actions;
mod facade;
mod joined_logs;
mod listing;
mod locks;
mod pending;
mod project_runner;
mod runner;
mod sweep;

pub use actions::ActionError;
pub use facade::Workloads;
pub use pending::{Ended, Outcome};
pub use sweep::sweep;
