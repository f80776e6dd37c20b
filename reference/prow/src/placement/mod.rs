//! Gives workloads to nodes (contract §6, Placement).

mod allotment;
mod choice;
mod ledger;

pub use allotment::{NotAllotted, Placements, allot_all};
pub use choice::{NoNode, Share, place};
pub use ledger::Ledger;
