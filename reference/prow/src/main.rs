//! The scheduler: keeps the platform's state in etcd, places workloads on nodes
//! and keeps them as they are wanted.

mod agent_client;
mod clock;
mod cluster;
mod config;
mod membership;
mod metrics;
mod monitor;
mod observation;
mod one_shot;
mod placement;
mod reconcile;
mod routes;
mod scheduler;
mod start;
mod store;

use std::process::ExitCode;

fn main() -> ExitCode {
    persys_reference_base::service::run("prow-scheduler", start::start)
}
