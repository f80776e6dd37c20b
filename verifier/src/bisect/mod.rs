//! Finds the commit of a platform that broke a step of the suite.
//!
//! The suite stays fixed while the platform moves: each commit is built and run by
//! this program and its lab, or by this suite's flake, and git bisects. What cannot
//! be judged is skipped and never blamed: a commit that does not build, a run that
//! is incomplete, a step that is skipped.

mod arguments;
mod checkout;
mod child;
mod error;
mod evidence;
mod git;
mod guard;
mod hunt;
mod judge;
mod judgement;
mod lab;
mod logbook;
mod output;
mod reading;
mod recipe;
mod step_name;
mod vm;

pub use arguments::{Backend, Bisect, GuardArguments, Judge as JudgeArguments, Judging};
pub use child::{Children, Ended};
pub use error::{BisectError, ErrorKind};
pub use guard::{Guard, keep_guard};
pub use hunt::bisect;
pub use judge::judge;
pub use judgement::{Judged, Judgement};
pub use output::last_line;
