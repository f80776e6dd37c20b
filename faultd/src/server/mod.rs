//! The daemon: takes orders over mutual TLS from the one role that may give them.

mod actions;
mod admission;
mod api;
mod connections;
mod daemon;
mod json_body;
mod log_format;
mod settings;

pub use daemon::{Daemon, StartError};
pub use log_format::JsonLines;
pub use settings::{BackendChoice, Settings};

pub use crate::faults::{HogTask, hold};
