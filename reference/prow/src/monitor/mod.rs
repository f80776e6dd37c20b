//! Maps what the agents tell to statuses and logs (contract §6).

mod census;
mod node;
mod orphans;
mod rounds;

pub use census::take_census;
pub use rounds::monitor;
