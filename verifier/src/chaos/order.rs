//! What a run of the scenario `chaos` is told.

use std::{path::PathBuf, time::Duration};

use super::ChaosPlan;

#[derive(Clone, Debug)]
pub struct ChaosOrder {
    pub seed: u64,
    pub duration: Duration,
    /// Carried out instead of what the seed makes.
    pub plan: Option<ChaosPlan>,
    /// Where the plan and the history are written.
    pub folder: Option<PathBuf>,
    /// Whether the platform is brought back to where it began: everything of it is started anew,
    /// and nothing is left of what was there.
    pub fresh: bool,
}

impl ChaosOrder {
    /// How long it takes unless somebody says otherwise.
    pub const DURATION: Duration = Duration::from_secs(60);
    pub const PLAN_FILE: &str = "chaos-plan.json";
    pub const HISTORY_FILE: &str = "history.jsonl";

    pub fn new(seed: u64, duration: Duration) -> Self {
        Self { seed, duration, plan: None, folder: None, fresh: false }
    }

    /// Until the last entry of its plan is over.
    pub fn lasts(&self) -> Duration {
        self.plan.as_ref().map_or(self.duration, ChaosPlan::duration)
    }
}
