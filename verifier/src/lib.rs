//! Proves that a Persys platform works, end to end, and shows where it does not.
//!
//! Imports run one way: [`events`] ← [`evidence`] ← [`probe`] ← [`context`] ← [`plan`] ←
//! [`engine`] ← [`scenarios`] ← [`cli`]. A run's [`events`] are its record, and [`report`] folds
//! them into what people read; [`merge`] makes one record of several. [`load`] sends and measures
//! on its own, and [`standstill`] watches the machine; probes and scenarios use them.

mod atomic_file;
pub mod audit;
pub mod bisect;
pub mod calibration;
pub mod chaos;
pub mod cli;
pub mod compare;
pub mod context;
pub mod coverage;
pub mod engine;
pub mod events;
pub mod evidence;
pub mod load;
pub mod merge;
pub mod plan;
pub mod probe;
#[cfg(any(test, feature = "properties"))]
pub mod properties;
pub mod report;
pub mod scenarios;
pub mod standstill;
pub mod stress;
pub mod workloads;
