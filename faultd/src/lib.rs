//! The fault daemon of every machine, its wire types and its client.
//!
//! Every fault is a lease: it heals when it is released, when its time is up and
//! when the daemon starts again after a crash.

mod backend;
pub mod client;
mod faults;
mod leases;
mod machine;
#[cfg(any(test, feature = "properties"))]
pub mod properties;
pub mod protocol;
mod refused;
pub mod server;
pub mod supervisor;
