//! Gives workloads to nodes (contract §6, Placement).

mod allotment;
mod choice;
mod ledger;

pub use allotment::{NotAllotted, allot};
pub use choice::{NoNode, Share, place};
pub use ledger::Ledger;
