//! Brings what is the case to what is wanted (contract §6).

mod act;
mod agenda;
mod backoff;
mod one;
mod pass;
mod report;
mod table;
mod turns;

pub use act::count;
pub use agenda::Agenda;
pub use backoff::History;
pub use one::{Ask, reconcile, reconcile_soon};
pub use pass::{pass, reconcile_all};
pub use turns::Turns;
