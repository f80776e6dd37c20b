//! Which nodes live, and what becomes of the workloads of those that do not.

mod failover;
mod liveness;
mod watch;

pub use watch::watch_nodes;
