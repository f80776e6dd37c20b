//! The strategy's test workloads ("Test Data Management"), kept as data in the folder
//! `workloads` of this crate.

mod definition;
mod error;
mod placeholders;
mod test_workload;

#[cfg(any(test, feature = "properties"))]
pub(crate) use definition::Definition;
pub use error::WorkloadFileError;
pub use test_workload::TestWorkload;
