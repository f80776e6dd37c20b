//! `SCENARIO` or `SCENARIO/STEP`, as filters name them.

use std::{convert::Infallible, fmt, str::FromStr};

use super::{Scenario, Step};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub scenario: String,
    pub step: Option<String>,
}

impl Pattern {
    pub fn matches(&self, scenario: &Scenario, step: &Step) -> bool {
        self.scenario == scenario.id && self.step.as_ref().is_none_or(|id| id == step.id)
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
