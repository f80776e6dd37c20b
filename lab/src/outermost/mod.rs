//! The process that a lab lives and dies with. It stays in the host's namespaces
//! and holds the lab's name.

mod control;
mod lab;
mod logs;
mod readiness;
mod state;

pub use control::{Answer, MachineEntry, Question, Report, ask};
pub use lab::{Lab, News};
pub use logs::Logs;
pub use readiness::Unready;
