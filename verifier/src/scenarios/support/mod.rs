//! What several scenarios say alike.

mod command;
mod component;
mod happy_path;
mod outage;
mod refusals;
mod status;
mod submission;
mod window;

pub use command::ends_on_sigterm;
pub use component::Component;
pub use happy_path::happy_path;
pub use outage::{Outage, until_started_anew};
pub use refusals::{Refusals, Refused};
pub use status::{until_gone, until_status};
pub use submission::{AT_ONCE, Submission, Watch, remove_at_the_end};
pub use window::two_reconcile_passes;
