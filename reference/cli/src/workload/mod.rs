//! `persys-cli workload`.

mod command;
mod description;
mod quantity;
mod run;
mod show;

pub use command::WorkloadCommand;
pub use run::run;
