//! The way to the schedulers: connections, their health, and which request may
//! be tried again (contract §3.1, §5).

mod answer;
mod attempt;
mod connection;
mod connector;
mod forward;
mod outgoing;
mod probe;
mod scheduler;
mod schedulers;
mod shared;

pub use attempt::AttemptError;
pub use connector::Connector;
pub use forward::ForwardError;
pub use outgoing::Outgoing;
pub use scheduler::{Health, Scheduler};
pub use schedulers::Schedulers;
