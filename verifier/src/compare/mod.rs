//! What differs between two runs: verdicts, and times and figures beyond noise.

mod comparison;
mod noise;
mod text;

pub use comparison::{Comparison, FigureChange, VerdictChange};

#[cfg(test)]
mod tests;
