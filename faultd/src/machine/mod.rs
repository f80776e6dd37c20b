//! The machine that the daemon runs on: its programs, processes and containers.

mod command;
mod containers;
mod figures;
mod interface;

pub use command::{Command, CommandError};
pub use containers::Containers;
pub use figures::{figures_of, first_not_held, tree_of};
pub use interface::interface_with;
