//! What Hydra reads of a build: `nix-support/` beside the results.
//!
//! `hydra-build-products` has one line a product, `hydra-metrics` one a figure, and
//! the mere existence of `failed` makes the build "failed with output": the
//! derivation succeeds, so its output is kept, and Hydra shows red all the same.

mod field;
mod files;
mod metrics;
mod products;

pub use files::{HydraError, write_hydra_files};

#[cfg(test)]
mod tests;
