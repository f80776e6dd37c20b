//! Leases: faults that end, come what may.

mod book;
mod conflict;
mod effects;
mod keeper;
mod state_file;
mod tenure;

pub use effects::Effects;
pub use keeper::Keeper;
pub use state_file::{StateFile, StateFileError};

#[cfg(test)]
mod keeper_tests;
