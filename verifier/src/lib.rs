//! Proves that a Persys platform works, end to end, and shows where it does not.
//!
//! Imports run one way: [`plan`] ← [`engine`] ← [`probe`] ← [`scenarios`] ← [`cli`], but for two
//! names: a step of the plan is a function of the engine's [`Context`](engine::Context), and a
//! context has the [`Probes`](probe::Probes) in it.
//!
//! [`events`] is written by the engine and folded into reports by [`report`]. [`merge`] makes one
//! record of several. [`load`] sends and
//! measures on its own, and [`standstill`] watches the machine; probes and scenarios use them.

mod atomic_file;
pub mod audit;
pub mod bisect;
pub mod calibration;
pub mod chaos;
pub mod cli;
pub mod compare;
pub mod coverage;
pub mod engine;
pub mod events;
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
