//! The agent's HTTP interface (contract §3.3).

mod agent;
mod compose;
mod containers;
mod gate;
mod health;
mod outcome;
mod refusal;
mod router;
mod run;

pub use agent::Agent;
pub use router::router;
