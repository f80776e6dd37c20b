//! A plan: what is asked and what is broken, and when. It is data, so that what went
//! wrong once can be had again.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Blow, Breakage, Client, Ground, Kind, Operation, legal::Window};

/// The version that a plan file names.
pub const PLAN_SCHEMA: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChaosPlan {
    pub schema: u32,
    /// What it was made of.
    pub seed: u64,
    pub duration_ms: u64,
    /// Faults that the machines cannot have, each with the reason.
    pub left_out: Vec<String>,
    /// In the order in which they are due.
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Since the plan's beginning.
    pub at_ms: u64,
    #[serde(flatten)]
    pub act: Act,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Act {
    /// A user asks for something.
    Operation { client: Client, operation: Operation },
    /// Something is broken for a while.
    Fault { machine: String, breakage: Breakage, for_ms: u64 },
    /// A component is restarted in an orderly way.
    Restart { machine: String, component: String },
    /// The containers of a workload are hit behind the agent's back.
    Blow { workload: u32, blow: Blow },
}

/// What a workload is, wherever the plan speaks of its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    pub kind: Kind,
    /// The one node that may have it.
    pub node: Option<String>,
}

/// Why a plan file cannot be used; follows "failed to".
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("read the plan {file}: {problem}")]
    Unreadable { file: String, problem: String },
    #[error("use the plan {file}: {problem}; {mend}")]
    Unusable { file: String, problem: String, mend: &'static str },
}

impl ChaosPlan {
    /// Reads a plan and looks whether these machines can have it.
    pub fn read(file: &Path, ground: &Ground) -> Result<Self, PlanError> {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| PlanError::Unreadable {
            file: shown.clone(),
            problem: error.to_string(),
        })?;
        let plan = Self::parse(&text)
            .map_err(|problem| PlanError::Unreadable { file: shown.clone(), problem })?;
        match plan.misfit(ground) {
            None => Ok(plan),
            Some((problem, mend)) => Err(PlanError::Unusable { file: shown, problem, mend }),
        }
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// As it stands in `chaos-plan.json`: the same plan, the same bytes.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// What does not fit, and the mend.
    fn misfit(&self, ground: &Ground) -> Option<(String, &'static str)> {
        if self.schema != PLAN_SCHEMA {
            let problem = format!("schema: {} is not {PLAN_SCHEMA}", self.schema);
            return Some((problem, "make it anew from its seed"));
        }
        if self.entries.windows(2).any(|pair| pair[0].at_ms > pair[1].at_ms) {
            return Some(("entries: atMs goes back".to_owned(), "sort them by atMs"));
        }
        let known: std::collections::BTreeSet<u32> = self.orders().into_keys().collect();
        for (position, entry) in self.entries.iter().enumerate() {
            let machines: Vec<&str> = match &entry.act {
                Act::Operation { operation, .. } => match operation {
                    Operation::Schedule { node, .. } => node.iter().map(String::as_str).collect(),
                    _ => Vec::new(),
                },
                Act::Fault { machine, breakage, .. } => {
                    breakage.peers().iter().map(String::as_str).chain([machine.as_str()]).collect()
                }
                Act::Restart { machine, .. } => vec![machine],
                Act::Blow { .. } => Vec::new(),
            };
            if let Some(unknown) = machines.iter().find(|name| !ground.has(name)) {
                let problem = format!("entries[{position}]: there is no machine {unknown}");
                return Some((problem, "name one of the topology's"));
            }
            if let Some(number) = entry.act.workload().filter(|number| !known.contains(number)) {
                let problem = format!("entries[{position}]: nobody schedules workload {number}");
                return Some((problem, "add the entry that does, or leave this one out"));
            }
        }
        None
    }

    pub fn duration(&self) -> Duration {
        Duration::from_millis(self.duration_ms)
    }

    /// Every workload that it schedules, by number.
    pub fn orders(&self) -> BTreeMap<u32, Ordered> {
        let mut orders = BTreeMap::new();
        for entry in &self.entries {
            if let Act::Operation {
                operation: Operation::Schedule { workload, kind, node }, ..
            } = &entry.act
            {
                let ordered = Ordered { kind: *kind, node: node.clone() };
                orders.entry(*workload).or_insert(ordered);
            }
        }
        orders
    }

    /// Its first `count` entries. Faults among them last as long as before.
    #[must_use]
    pub fn prefix(&self, count: usize) -> Self {
        let entries: Vec<Entry> = self.entries.iter().take(count).cloned().collect();
        Self { entries, ..self.clone() }.trimmed()
    }

    /// The same without one entry.
    #[must_use]
    pub fn without(&self, position: usize) -> Self {
        let mut entries = self.entries.clone();
        if position < entries.len() {
            entries.remove(position);
        }
        Self { entries, ..self.clone() }.trimmed()
    }

    /// No longer than its last entry needs.
    fn trimmed(self) -> Self {
        let end = self.entries.iter().map(Entry::end_ms).max().unwrap_or(0);
        Self { duration_ms: end.min(self.duration_ms), ..self }
    }

    /// Operations, and what disturbs.
    pub fn counts(&self) -> (usize, usize) {
        let operations =
            self.entries.iter().filter(|e| matches!(e.act, Act::Operation { .. })).count();
        (operations, self.entries.len() - operations)
    }

    /// When each fault is in effect.
    pub fn windows(&self) -> Vec<Window> {
        self.entries.iter().filter_map(Window::of).collect()
    }
}

impl Entry {
    pub fn end_ms(&self) -> u64 {
        match &self.act {
            Act::Fault { for_ms, .. } => self.at_ms + for_ms,
            _ => self.at_ms,
        }
    }

    pub fn is_fault(&self) -> bool {
        !matches!(self.act, Act::Operation { .. })
    }
}

impl Act {
    /// The number of the workload that it is about and that somebody else schedules.
    fn workload(&self) -> Option<u32> {
        match self {
            Self::Operation { operation, .. } => operation.workload(),
            Self::Blow { workload, .. } => Some(*workload),
            Self::Fault { .. } | Self::Restart { .. } => None,
        }
    }
}

/// `+12.300 s  kill prow-scheduler on prow1 for 3.2 s`
impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "+{:.3} s  {}", self.at_ms as f64 / 1000.0, self.act)
    }
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Operation { client, operation } => write!(f, "{operation} {client}"),
            Self::Fault { machine, breakage, for_ms } => {
                let seconds = *for_ms as f64 / 1000.0;
                write!(f, "{breakage} on {machine} for {seconds:.1} s")
            }
            Self::Restart { machine, component } => write!(f, "restart {component} on {machine}"),
            Self::Blow { workload, blow } => write!(f, "{blow} of w{workload}"),
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
