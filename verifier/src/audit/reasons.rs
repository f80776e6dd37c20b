//! Why steps stand that no defect is caught by.
//!
//! A step that never fails may be one that cannot. An audit of everything therefore wants
//! a reason for each, and none for a step that has shown what it is good for.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use crate::{
    bisect::BisectError,
    plan::{Pattern, Scenario},
};

/// Its name beside the list of defects.
pub const USUAL: &str = "idle-steps.json";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    idle: Vec<Entry>,
}

/// Steps that stand for the same reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    steps: Vec<String>,
    why: String,
}

/// The reasons, by `SCENARIO/STEP`.
#[derive(Clone, Debug, Default)]
pub struct Reasons(BTreeMap<String, String>);

impl Reasons {
    /// Reads a list and checks it against the suite's steps.
    pub fn read(file: &Path, table: &[&'static Scenario]) -> Result<Self, BisectError> {
        let shown = file.display();
        let wrong =
            |problem: String| BisectError::usage(format!("failed to use {shown}: {problem}"));
        let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let file: File = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let mut reasons = BTreeMap::new();
        for Entry { steps, why } in file.idle {
            if why.trim().is_empty() || steps.is_empty() {
                return Err(wrong(format!("{steps:?}: give steps and say why they stand")));
            }
            for step in steps {
                let Ok(pattern) = step.parse::<Pattern>();
                if pattern.step.is_none() || !pattern.is_known(table) {
                    let mend = "`persys-verifier list` shows what is planned";
                    return Err(wrong(format!("steps: {step} is no step; {mend}")));
                }
                if reasons.insert(step.clone(), why.clone()).is_some() {
                    return Err(wrong(format!("steps: {step} is there twice")));
                }
            }
        }
        Ok(Self(reasons))
    }

    pub fn of(&self, step: &str) -> Option<&str> {
        self.0.get(step).map(String::as_str)
    }

    /// What is wrong with the reasons when these steps have caught nothing and those
    /// have, a sentence each.
    pub fn problems(&self, idle: &[String], caught: impl Fn(&str) -> bool) -> Vec<String> {
        let lacking = idle.iter().filter(|step| self.of(step).is_none());
        let lacking = lacking.map(|step| {
            format!("{step} has caught nothing: seed a defect for it, or say why it stands")
        });
        let needless = self.0.keys().filter(|step| caught(step));
        lacking
            .chain(
                needless.map(|step| format!("{step} is said to be idle, and has caught a defect")),
            )
            .collect()
    }
}
