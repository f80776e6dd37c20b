//! What the agent does with workloads: it runs them in the background, lists them with the runs
//! that have no container yet, and starts, stops and removes them.

mod actions;
mod facade;
mod listing;
mod locks;
mod pending;
mod runner;
mod sweep;

pub use actions::ActionError;
pub use facade::Workloads;
pub use pending::Ended;
pub use sweep::sweep;
