//! What the agent tells about its node.

mod facts;
mod usage;

pub use facts::NodeFacts;
pub use usage::{Usage, UsageMeter};
