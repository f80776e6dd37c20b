//! How a service starts, gets ready and stops (contract §1).

mod arriving_body;
mod lifecycle;
mod listeners;
mod main_wrapper;
mod serve;

pub use lifecycle::Lifecycle;
pub use listeners::{Listeners, StartError};
pub use main_wrapper::run;
