//! `SCENARIO/STEP`.

use std::fmt;

use crate::{
    bisect::BisectError,
    plan::{CLEAN_UP, Filter, INVARIANTS, Pattern, Scenario},
};

/// One step of the suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepName {
    pub scenario: String,
    pub step: String,
}

impl StepName {
    /// A step that the suite has.
    pub fn find(text: &str, table: &[&'static Scenario]) -> Result<Self, BisectError> {
        let Some((scenario, step)) = text.split_once('/') else {
            return Err(BisectError::usage(format!(
                "--step {text}: name one step as SCENARIO/STEP; `persys-verifier list` shows them"
            )));
        };
        let name = Self { scenario: scenario.to_owned(), step: step.to_owned() };
        // The testcases that every scenario has are not in the table.
        let only = match step {
            INVARIANTS | CLEAN_UP => name.scenario.clone(),
            _ => text.to_owned(),
        };
        let Ok(pattern) = only.parse::<Pattern>();
        let filter = Filter { only: vec![pattern], ..Filter::default() };
        match filter.select(table) {
            Ok(_) => Ok(name),
            Err(error) => {
                Err(BisectError::usage(error.to_string().replacen("--only", "--step", 1)))
            }
        }
    }

    /// What `--only` is to say.
    pub fn selection(&self) -> String {
        match self.step.as_str() {
            INVARIANTS | CLEAN_UP => self.scenario.clone(),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scenario, self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::ALL;

    #[test]
    fn only_steps_of_the_suite_are_taken() {
        let found = StepName::find("basic-workflow/nodes-registered", ALL).unwrap();
        assert_eq!(found.selection(), "basic-workflow/nodes-registered");
        assert_eq!(
            StepName::find("basic-workflow/clean-up", ALL).unwrap().selection(),
            "basic-workflow"
        );
        for (wrong, told) in [
            ("basic-workflow", "name one step as SCENARIO/STEP"),
            ("basic-workflow/nodes-registred", "did you mean basic-workflow/nodes-registered?"),
        ] {
            let error = StepName::find(wrong, ALL).unwrap_err();
            assert!(error.message.starts_with(&format!("--step {wrong}")), "{error}");
            assert!(error.message.contains(told), "{error}");
        }
    }
}
