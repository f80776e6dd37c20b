//! Witnesses: what asks the platform and everything below it.

/// All probes of a run.
pub struct Probes;
