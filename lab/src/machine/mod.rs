//! PID 1 of a machine: gives it its own file system and name, then supervises
//! its components.

mod images;
mod mounts;
mod notify;
mod probe;
mod process_tree;
mod readiness;
mod run;
mod server;
mod setup;
mod slot;
mod supervisor;

pub use run::run;
pub use setup::ip_batch;
