//! `persys-cli login`.

mod browser;
mod run;

pub use run::{LoginArguments, run};
