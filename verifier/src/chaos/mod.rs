//! Random faults over random operations, and what must hold all the same.
//!
//! Everything here is plain data and arithmetic: a plan follows from its seed, a verdict from the
//! history that was recorded, a shorter plan from the verdicts of others. Nobody is asked and
//! nothing is broken here; the scenario `chaos` does that.

mod answers;
mod breakage;
mod fate;
mod final_state;
mod generate;
mod ground;
mod history;
mod legal;
mod operation;
mod order;
mod plan;
mod samples;
mod shrink;
mod timeline;
mod violation;

pub use answers::{Answers, judge_answers};
pub use breakage::{Blow, Breakage};
pub use fate::{Fate, Presence, Wish, fates};
pub use final_state::{
    Discovery, FinalContainer, FinalRecord, FinalState, Story, judge_discovery, judge_presence,
    judge_runs, judge_statuses,
};
pub use generate::generate;
pub use ground::Ground;
pub use history::{Disturbance, Done, Finding, HistoryFile, Line, Outcome, read_history};
pub use operation::{Client, Kind, Operation};
pub use order::ChaosOrder;
pub use plan::{Act, ChaosPlan, Entry, Ordered, PLAN_SCHEMA, PlanError};
pub use samples::{Bounds, Sample, SampledContainer, SampledRecord, judge_samples};
pub use shrink::{Ending, Shrunk, Trial, TrialVerdict, shrink};
pub use timeline::around;
pub use violation::{Invariant, Violation};
