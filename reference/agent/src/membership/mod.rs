//! How a node becomes and stays known to the schedulers (contract §3.2, §6).

mod backoff;
mod beat;
mod schedulers;

pub use beat::{Membership, call_timeout};
pub use schedulers::Schedulers;
