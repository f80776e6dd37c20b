//! Says what a host lacks to run a lab, and how to mend it.

mod examine;
mod finding;
mod host;
mod kernel;
mod software;

pub use examine::examine;
pub use finding::Finding;
