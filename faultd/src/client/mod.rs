//! The client of the fault daemon.

mod connection;
mod error;
mod fault_client;
mod lease_guard;

pub use error::FaultError;
pub use fault_client::FaultClient;
pub use lease_guard::LeaseGuard;
