//! The same selection, again and again: how often a step does not pass, and where a
//! run in which it does not parts from one in which it does.

mod difference;
mod interval;
mod summary;

pub use difference::Difference;
pub use interval::{Interval, wilson};
pub use summary::{StressSummary, Tried};

#[cfg(test)]
mod tests;
