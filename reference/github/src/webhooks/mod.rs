//! The sender of webhooks, with the log of what it sent.

mod attempt;
mod delivery;
mod log;
mod sender;
mod signature;
mod tamper;

pub use delivery::{Answer, Delivery, DeliverySummary};
pub use sender::{Order, OrderError, Webhooks};
pub use signature::sign;
pub use tamper::Tamper;
