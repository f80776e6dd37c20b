//! The plan as data: for `plan.json`, the first event, and `list --json`.

use std::time::Duration;

use persys_contract::topology::Timings;
use serde::{Deserialize, Serialize};

use super::{Budget, CLEAN_UP, INVARIANTS, Selected};
use crate::events::{PlannedScenario, PlannedStep};

/// What `plan.json` holds, written before anything runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanFile {
    pub schema: u32,
    pub run_id: String,
    pub profile: String,
    pub seed: u64,
    pub timeout_scale: f64,
    pub scenarios: Vec<PlannedScenario>,
}

/// With what a budget is resolved.
#[derive(Clone, Copy, Debug)]
pub struct Pace<'a> {
    pub timings: &'a Timings,
    pub scale: f64,
}

impl Pace<'_> {
    pub fn resolve(&self, budget: Budget) -> Duration {
        budget.resolve(self.timings, self.scale)
    }
}

/// Looking at everything that must hold after a scenario.
pub const INVARIANTS_BUDGET: Budget = Budget::seconds(20).plus_reconciles(2).plus_monitors(1);
/// All clean-ups of a scenario together.
pub const CLEAN_UP_BUDGET: Budget = Budget::seconds(30).plus_reconciles(2).plus_monitors(1);

/// The plan of a selection. Each scenario ends with the testcases that every
/// scenario has: its invariants, if there are any, and its clean-up.
pub fn planned(
    selection: &[Selected],
    with_invariants: bool,
    pace: Pace<'_>,
) -> Vec<PlannedScenario> {
    selection.iter().map(|selected| scenario(selected, with_invariants, pace)).collect()
}

fn scenario(selected: &Selected, with_invariants: bool, pace: Pace<'_>) -> PlannedScenario {
    let scenario = selected.scenario;
    let mut steps: Vec<PlannedStep> = selected
        .steps
        .iter()
        .map(|step| PlannedStep {
            id: step.id.into(),
            title: step.title.into(),
            source: step.source.into(),
            labels: texts(step.labels),
            needs: texts(step.needs),
            requires: texts(step.requires),
            budget: step.budget.to_string(),
            budget_ms: pace.resolve(step.budget).as_millis() as u64,
        })
        .collect();
    if with_invariants {
        let title = "what must hold after every scenario holds";
        steps.push(implicit(INVARIANTS, title, INVARIANTS_BUDGET, pace));
    }
    let title = "what the scenario made is gone again";
    steps.push(implicit(CLEAN_UP, title, CLEAN_UP_BUDGET, pace));
    PlannedScenario {
        id: scenario.id.into(),
        title: scenario.title.into(),
        objective: scenario.objective.into(),
        source: scenario.source.into(),
        labels: texts(scenario.labels),
        requires: texts(scenario.requires),
        steps,
    }
}

fn implicit(id: &str, title: &str, budget: Budget, pace: Pace<'_>) -> PlannedStep {
    PlannedStep {
        id: id.into(),
        title: title.into(),
        budget: budget.to_string(),
        budget_ms: pace.resolve(budget).as_millis() as u64,
        ..PlannedStep::default()
    }
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
