//! `SCENARIO` or `SCENARIO/STEP`, as filters name them.

use std::{convert::Infallible, fmt, str::FromStr};

use super::{CLEAN_UP, INVARIANTS, Scenario, Step};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub scenario: String,
    pub step: Option<String>,
}

impl Pattern {
    pub fn matches(&self, scenario: &Scenario, step: &Step) -> bool {
        self.scenario == scenario.id && self.step.as_ref().is_none_or(|id| id == step.id)
    }

    /// Whether a table has it; the steps that every scenario ends with are in none.
    pub fn is_known(&self, table: &[&Scenario]) -> bool {
        let mut scenarios = table.iter().filter(|scenario| scenario.id == self.scenario);
        scenarios.any(|scenario| match self.step.as_deref() {
            None | Some(INVARIANTS | CLEAN_UP) => true,
            Some(id) => scenario.steps.iter().any(|step| step.id == id),
        })
    }
}

impl FromStr for Pattern {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (scenario, step) = match text.split_once('/') {
            Some((scenario, step)) => (scenario, Some(step.to_owned())),
            None => (text, None),
        };
        Ok(Self { scenario: scenario.to_owned(), step })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scenario)?;
        match &self.step {
            Some(step) => write!(f, "/{step}"),
            None => Ok(()),
        }
    }
}
