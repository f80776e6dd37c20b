//! What several scenarios say alike.

mod at_once;
mod authority;
mod command;
mod component;
mod happy_path;
mod in_time;
mod nodes;
mod outage;
mod refusals;
mod rogue_server;
mod secret_search;
mod secret_shapes;
mod status;
mod submission;
mod test_data;
mod told_truly;
mod whole_request;
mod window;

pub use at_once::{at_once, at_once_limit};
pub use authority::{authority, unmade};
pub use command::ends_on_sigterm;
pub use component::Component;
pub use happy_path::happy_path;
pub use in_time::in_time;
pub use nodes::until_nodes_active;
pub use outage::{Outage, until_started_anew};
pub use refusals::{Refusals, Refused};
pub use rogue_server::{Manner, RogueServer, Visits};
pub use secret_search::SecretSearch;
pub use status::{until_gone, until_status};
pub use submission::{Submission, Watch, remove_at_the_end};
pub use test_data::{pinned, test_workload};
pub use told_truly::{one_of_that_name, running_when_started};
pub use whole_request::WholeRequest;
pub use window::{two_reconcile_passes, two_unasked_passes};
