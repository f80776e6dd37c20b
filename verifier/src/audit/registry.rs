//! The list of defects, as the platform that has them gives it.

use std::{collections::BTreeSet, fs, path::Path};

use serde::Deserialize;

use crate::{
    bisect::BisectError,
    plan::{CLEAN_UP, INVARIANTS, Pattern, Scenario},
};

/// What a platform can be told to do wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// The environment variable that takes a defect's name.
    pub variable: String,
    pub defects: Vec<Defect>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Defect {
    /// Says in kebab-case what is broken.
    pub name: String,
    /// The component that has it, by the lab's name.
    pub component: String,
    pub category: String,
    /// The section of the contract that has the promise, and its words.
    pub section: String,
    pub promise: String,
    /// What the component does instead; the component is the sentence's subject.
    pub breaks: String,
    /// The steps or scenarios that ought to notice.
    pub steps: Vec<String>,
    /// Steps that are run besides, as what they do brings the defect about.
    #[serde(default)]
    pub with: Vec<String>,
    /// The defect leaves nobody to be asked, so that an error tells of it too.
    #[serde(default)]
    pub shows_as_error: bool,
    /// One of its scenarios measures, and so has the machine for itself.
    #[serde(skip)]
    pub measures: bool,
}

impl Registry {
    /// Reads a list and checks it against the suite's steps.
    pub fn read(file: &Path, table: &[&'static Scenario]) -> Result<Self, BisectError> {
        let shown = file.display();
        let text = fs::read_to_string(file).map_err(|error| {
            BisectError::usage(format!("failed to read --defects {shown}: {error}"))
        })?;
        let mut registry: Self = serde_json::from_str(&text).map_err(|error| {
            BisectError::usage(format!("failed to read --defects {shown}: {error}"))
        })?;
        for defect in &mut registry.defects {
            let scenarios = defect.scenarios();
            let mut own = table.iter().filter(|scenario| scenarios.contains(scenario.id));
            defect.measures = own.any(|scenario| scenario.is_exclusive());
        }
        match registry.problems(table).into_iter().next() {
            None => Ok(registry),
            Some(problem) => Err(BisectError::usage(format!("--defects {shown}: {problem}"))),
        }
    }

    /// Nobody but this scenario is to notice.
    pub fn leave_to(&mut self, scenario: &str) {
        for defect in &mut self.defects {
            defect.steps = vec![scenario.to_owned()];
        }
    }

    /// What is wrong with the list, a sentence each.
    pub fn problems(&self, table: &[&'static Scenario]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut names = BTreeSet::new();
        for defect in &self.defects {
            let name = &defect.name;
            if !is_kebab(name) {
                problems.push(format!("name \"{name}\": write it in kebab-case"));
            }
            if !names.insert(name) {
                problems.push(format!("{name}: it is there twice"));
            }
            if defect.steps.is_empty() {
                problems.push(format!("{name}, steps: name a step that ought to notice it"));
            }
            let unknown = defect
                .patterns()
                .chain(defect.besides())
                .filter(|pattern| !pattern.is_known(table));
            problems.extend(unknown.map(|pattern| {
                format!("{name}, steps: {pattern} is no step; `persys-verifier list` shows them")
            }));
        }
        problems
    }
}

impl Defect {
    pub fn patterns(&self) -> impl Iterator<Item = Pattern> {
        self.steps.iter().map(|step| {
            let Ok(pattern) = step.parse::<Pattern>();
            pattern
        })
    }

    fn besides(&self) -> impl Iterator<Item = Pattern> {
        self.with.iter().map(|step| {
            let Ok(pattern) = step.parse::<Pattern>();
            pattern
        })
    }

    /// What `--only` is to name for each of its steps; those that every scenario has
    /// cannot be named.
    pub fn selections(&self) -> Vec<String> {
        let selection = |pattern: Pattern| match pattern.step.as_deref() {
            Some(INVARIANTS | CLEAN_UP) => pattern.scenario,
            _ => pattern.to_string(),
        };
        self.patterns().chain(self.besides()).map(selection).collect()
    }

    /// The scenarios that are run for it, each once.
    pub fn scenarios(&self) -> BTreeSet<String> {
        self.patterns().chain(self.besides()).map(|pattern| pattern.scenario).collect()
    }

    /// Whether the step is one of those that ought to notice.
    pub fn expects(&self, scenario: &str, step: &str) -> bool {
        self.patterns().any(|pattern| {
            pattern.scenario == scenario && pattern.step.is_none_or(|named| named == step)
        })
    }
}

fn is_kebab(name: &str) -> bool {
    let plain = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    name.split('-').all(plain)
}
