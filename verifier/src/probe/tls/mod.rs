//! Raw TLS: what a server does with any certificate, any version and any name.

mod hello;
mod offer;
mod outcome;
mod probe;
mod reply;

pub use hello::{HelloReply, HelloVersion};
pub use offer::{TlsOffer, TlsVersion};
pub use outcome::{TlsAttempt, TlsOutcome};
pub use probe::TlsProbe;

#[cfg(test)]
mod probe_tests;
