//! PID 1 of the lab: makes the switch and the machines, and carries orders and
//! events between them and the outermost process.

mod machine;
mod outbox;
mod run;
mod switch;

pub use run::run;
