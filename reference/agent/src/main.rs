//! The node agent: runs workloads on this node's Docker Engine as a scheduler orders, and tells
//! the schedulers that the node is there (contract §3.3, §6).

mod api;
mod compose;
mod config;
mod docker;
mod membership;
mod node;
mod serve;
mod workloads;

use std::process::ExitCode;

fn main() -> ExitCode {
    persys_reference_base::service::run("persys-agent", serve::serve)
}
