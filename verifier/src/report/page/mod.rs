//! The page that people look at: one self-contained file, a fold of the events.

mod chart;
mod curves;
mod lanes;
mod latency;
mod percentiles;
mod render;
mod view;

pub use render::page;

#[cfg(test)]
mod tests;
