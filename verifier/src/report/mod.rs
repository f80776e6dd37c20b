//! Folds over the events of a run. Whatever they show can be made again from
//! `events.jsonl`.

mod digest;
mod fold;
mod hydra;
mod json;
mod junit;
mod log_hint;
mod page;
mod plain_text;
mod progress;
mod results_folder;
#[cfg(any(test, feature = "properties"))]
mod soundness;
mod story;
mod summary;
mod timeline;
mod trace;
mod writer;

pub use digest::{Digest, Paint};
pub use fold::fold;
pub use hydra::{HydraError, write_hydra_files};
pub use json::json;
pub use junit::junit;
pub use page::page;
pub use progress::Progress;
pub use results_folder::{ResultsError, ResultsFolder};
#[cfg(any(test, feature = "properties"))]
pub(crate) use soundness::{bears, sound};
pub use summary::{Attempt, Counts, RunSummary, ScenarioSummary, StepSummary};
pub use trace::trace;
pub use writer::{ReportWriter, write_events, write_pictures, write_plan, write_reports};

#[cfg(test)]
mod golden_tests;
