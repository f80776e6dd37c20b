//! What a step has in its hands: the witnesses, waits, checks, and what it leaves to others.

mod checks;
mod clean_ups;
mod scenario_context;
mod step_fn;
mod store;
mod wait;
mod wait_board;
mod witnesses;

pub use checks::Checks;
pub use clean_ups::LastLook;
pub(crate) use clean_ups::{CleanUp, CleanUps};
pub use scenario_context::{Context, RunHandles};
pub use step_fn::{StepFn, StepFuture};
pub use wait::Wait;
pub(crate) use wait_board::brief;
