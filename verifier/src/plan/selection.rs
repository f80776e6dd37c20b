//! Which scenarios and steps of the table are run.

use std::collections::BTreeSet;

use super::{HEALS, Pattern, Profile, Scenario, Step};

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Without one: everything that `only` or `labels` name, or else the full profile.
    pub profile: Option<Profile>,
    pub only: Vec<Pattern>,
    pub labels: Vec<String>,
    pub skip: Vec<Pattern>,
}

/// A scenario with the steps of it that are run, in order.
#[derive(Clone, Debug)]
pub struct Selected {
    pub scenario: &'static Scenario,
    pub steps: Vec<&'static Step>,
}

/// A filter that selects nothing is a mistake of whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NothingSelected {
    #[error("{option} {pattern} names nothing{}", hint(nearest))]
    Unknown { option: &'static str, pattern: String, nearest: Option<String> },
    #[error("no step has the label {label}; there are {known}")]
    Label { label: String, known: String },
    #[error("the filters leave nothing to run")]
    Nothing,
}

fn hint(nearest: &Option<String>) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean {nearest}?"),
        None => "; `persys-verifier list` shows what there is".to_owned(),
    }
}

impl Filter {
    /// What reports show of a run that no profile selected.
    pub const SELECTION: &str = "selection";

    /// The profile's name as reports show it.
    pub fn profile_name(&self) -> &'static str {
        match self.effective_profile() {
            Some(profile) => profile.as_str(),
            None => Self::SELECTION,
        }
    }

    /// Selects from the table, and adds the steps that selected steps need and those that heal
    /// what they disturb.
    /// What `skip` names stays out even if it is needed: the steps that need it
    /// are then skipped and say so.
    pub fn select(&self, table: &[&'static Scenario]) -> Result<Vec<Selected>, NothingSelected> {
        self.refuse_unknown(table)?;
        let selected: Vec<Selected> = table
            .iter()
            .map(|scenario| Selected { scenario, steps: self.steps(scenario) })
            .filter(|selected| !selected.steps.is_empty())
            .collect();
        if selected.is_empty() { Err(NothingSelected::Nothing) } else { Ok(selected) }
    }

    fn effective_profile(&self) -> Option<Profile> {
        let unfiltered = self.only.is_empty() && self.labels.is_empty();
        self.profile.or(unfiltered.then_some(Profile::Full))
    }

    fn steps(&self, scenario: &'static Scenario) -> Vec<&'static Step> {
        let skipped = |step: &Step| self.skip.iter().any(|p| p.matches(scenario, step));
        let mut wanted: BTreeSet<&str> = scenario
            .steps
            .iter()
            .filter(|step| self.wants(scenario, step) && !skipped(step))
            .map(|step| step.id)
            .collect();
        loop {
            let before = wanted.len();
            // Steps need only earlier steps, so one pass from the back finds them all.
            for step in scenario.steps.iter().rev() {
                if wanted.contains(step.id) {
                    wanted.extend(step.needs);
                }
            }
            // What one of them disturbs must not be left to those that follow.
            for step in scenario.steps.iter().filter(|step| step.labels.contains(&HEALS)) {
                if step.needs.iter().any(|need| wanted.contains(need)) {
                    wanted.insert(step.id);
                }
            }
            if wanted.len() == before {
                break;
            }
        }
        scenario.steps.iter().filter(|step| wanted.contains(step.id) && !skipped(step)).collect()
    }

    fn wants(&self, scenario: &Scenario, step: &Step) -> bool {
        let named = self.only.is_empty() || self.only.iter().any(|p| p.matches(scenario, step));
        let labelled = self.labels.is_empty()
            || self.labels.iter().any(|label| has_label(scenario, step, label));
        let in_profile =
            self.effective_profile().is_none_or(|profile| profile.contains(scenario, step));
        named && labelled && in_profile
    }

    fn refuse_unknown(&self, table: &[&'static Scenario]) -> Result<(), NothingSelected> {
        let all = || table.iter().flat_map(|s| s.steps.iter().map(move |step| (*s, step)));
        for (option, patterns) in [("--only", &self.only), ("--skip", &self.skip)] {
            for pattern in patterns {
                if !all().any(|(scenario, step)| pattern.matches(scenario, step)) {
                    let pattern = pattern.to_string();
                    let nearest = nearest(&pattern, table);
                    return Err(NothingSelected::Unknown { option, pattern, nearest });
                }
            }
        }
        for label in &self.labels {
            if !all().any(|(scenario, step)| has_label(scenario, step, label)) {
                let known: BTreeSet<&str> = all()
                    .flat_map(|(scenario, step)| scenario.labels.iter().chain(step.labels))
                    .copied()
                    .collect();
                let known = known.into_iter().collect::<Vec<_>>().join(", ");
                return Err(NothingSelected::Label { label: label.clone(), known });
            }
        }
        Ok(())
    }
}

fn has_label(scenario: &Scenario, step: &Step, label: &str) -> bool {
    scenario.labels.contains(&label) || step.labels.contains(&label)
}

/// The name that a mistyped one was probably meant to be.
fn nearest(text: &str, table: &[&'static Scenario]) -> Option<String> {
    let whole = table.iter().map(|scenario| scenario.id.to_owned());
    let steps =
        table.iter().flat_map(|s| s.steps.iter().map(move |step| format!("{}/{}", s.id, step.id)));
    let near = whole
        .chain(steps)
        .map(|name| (distance(text, &name), name))
        .min_by_key(|(distance, _)| *distance)?;
    (near.0 <= 1 + text.len() / 4).then_some(near.1)
}

/// Levenshtein's.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
