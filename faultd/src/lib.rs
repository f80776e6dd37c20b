//! The fault daemon of every machine, its wire types and its client.
//!
//! Every fault is a lease: it heals when it is released, when its time is up and
//! when the daemon starts again after a crash.

pub mod client;
pub mod protocol;
pub mod supervisor;
