//! Which step proves which line of the strategy.

mod line;
mod markdown;
mod proofs;
mod reader;
mod references;

pub use line::Line;
pub use markdown::markdown;
pub use references::{Reference, Strategy};

#[cfg(test)]
#[path = "coverage_tests.rs"]
mod tests;
