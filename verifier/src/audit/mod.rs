//! Proves the suite itself: breaks the platform on purpose, one promise of the contract
//! at a time, and says which step notices.
//!
//! The platform's build takes the name of a defect from its environment; a file lists
//! the defects with the steps that ought to notice each. A clean baseline comes first,
//! so that a step that fails anyway is not taken for one that notices.

mod arguments;
mod baseline;
mod campaign;
mod document;
mod fingerprint;
mod lab;
mod outcome;
mod page;
mod part;
mod reading;
mod reasons;
mod record;
mod registry;
mod report;

pub use arguments::Audit;
pub use campaign::{Conclusion, audit};
pub use document::{document, listing};
pub use lab::find;
pub use outcome::{Judged, Outcome};
pub use part::Part;
pub use reasons::{Reasons, USUAL as REASONS};
pub use record::AuditRecord;
pub use registry::{Defect, Registry};

#[cfg(test)]
mod tests;
