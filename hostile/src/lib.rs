//! Clients that behave badly, for the tests of every listener of ours: random bytes,
//! broken TLS, nonsense instead of HTTP, callers that are slow, silent or many.
//! All of them are made from a seed that is printed.

mod crowd;
mod garbage;
mod listener;
mod mutation;
mod nonsense;
mod process;
mod seed;
mod slow;
mod strangers;
mod survival;

pub use listener::{Connection, Listener};
pub use mutation::almost;
pub use process::Process;
pub use strangers::{stranger_configs, strangers_get_no_answer};
pub use survival::survives;
