//! From a topology and the user's options to the specification of a lab.

mod coredns;
pub mod credentials;
mod docker;
mod etcd;
mod fault_daemon;
mod github;
mod lab;
mod options;
mod overrides;
mod platform;
mod programs;
mod site;

pub use lab::{plan, read_topology};
pub use options::{Dns, LabOptions};
pub use programs::{Programs, find_in_path, is_executable, search_path};
