//! What a run is going to do, as its record tells it before anything runs.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlannedScenario {
    pub id: String,
    pub title: String,
    pub objective: String,
    pub source: String,
    pub labels: Vec<String>,
    pub requires: Vec<String>,
    pub steps: Vec<PlannedStep>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlannedStep {
    pub id: String,
    pub title: String,
    pub source: String,
    pub labels: Vec<String>,
    pub needs: Vec<String>,
    pub requires: Vec<String>,
    /// As written in the plan, such as `10s + 2 × reconcile`.
    pub budget: String,
    /// With the topology's timings and the timeout scale.
    pub budget_ms: u64,
}
