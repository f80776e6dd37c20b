//! This scheduler among the others: its leases, its place in discovery, and who
//! leads.

mod claims;
mod election;
mod leader;
mod lease;
mod registry;

pub use claims::sweep_claims;
pub use election::{Leadership, elect};
pub use leader::lead;
pub use lease::{LeaseWatch, keep_lease};
pub use registry::register;
