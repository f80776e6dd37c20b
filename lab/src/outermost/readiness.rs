//! Judges whether the lab is up: what it stands on must be; what is under test
//! may not be, and the verifier says so.

use std::fmt;

use persys_faultd::supervisor::{Component, ComponentState};

use super::{
    logs::{Logs, tail},
    state::Progress,
};
use crate::spec::{LabSpec, Part};

const LOG_LINES: usize = 15;
/// A component that ends again after so many restarts will not come.
const RESTARTS: u32 = 3;
/// More of them in full would hide the first.
const IN_FULL: usize = 2;

/// A component that is not ready.
#[derive(Clone, Debug)]
pub struct Laggard {
    pub machine: String,
    pub name: String,
    pub part: Part,
    /// None when its machine never got so far.
    pub component: Option<Component>,
    pub log: Vec<String>,
}

impl Laggard {
    /// Waiting longer will not help.
    pub fn is_lost(&self) -> bool {
        self.component.as_ref().is_some_and(|own| match own.state {
            ComponentState::Exited => true,
            ComponentState::Backoff => own.restarts >= RESTARTS,
            _ => false,
        })
    }

    pub fn read_log(&mut self, logs: Option<&Logs>) {
        if let Some(logs) = logs {
            self.log = tail(&logs.file(&self.machine, &self.name), LOG_LINES);
        }
    }
}

impl fmt::Display for Laggard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on machine {} is ", self.name, self.machine)?;
        match &self.component {
            None => f.write_str("not started yet")?,
            Some(component) => {
                f.write_str(component.state.as_str())?;
                if let Some(exit) = &component.exit {
                    write!(f, " ({exit})")?;
                }
            }
        }
        if self.log.is_empty() {
            return f.write_str(", and its log is empty");
        }
        f.write_str("; the end of its log:")?;
        self.log.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// Who is to be waited for.
#[derive(Clone, Debug, Default)]
pub struct Unready(pub Vec<Laggard>);

impl Unready {
    pub fn of(spec: &LabSpec, progress: &Progress) -> Self {
        let mut laggards = Vec::new();
        for machine in &spec.machines {
            for component in machine.components.iter().filter(|component| component.autostart) {
                if progress.state(&machine.name, &component.name) == Some(ComponentState::Ready) {
                    continue;
                }
                let key = (machine.name.clone(), component.name.clone());
                laggards.push(Laggard {
                    machine: machine.name.clone(),
                    name: component.name.clone(),
                    part: component.part,
                    component: progress.components.get(&key).cloned(),
                    log: Vec::new(),
                });
            }
        }
        Self(laggards)
    }

    /// Text for people: the first in full, the others by name.
    pub fn describe<'a>(laggards: impl Iterator<Item = &'a Laggard>) -> String {
        let laggards: Vec<_> = laggards.collect();
        let mut text: Vec<_> = laggards.iter().take(IN_FULL).map(ToString::to_string).collect();
        let others: Vec<_> = laggards
            .iter()
            .skip(IN_FULL)
            .map(|laggard| format!("{}/{}", laggard.machine, laggard.name))
            .collect();
        if !others.is_empty() {
            text.push(format!("not ready either: {}", others.join(", ")));
        }
        text.join("\n")
    }

    /// `machine/component (state)` of each.
    pub fn names(&self) -> String {
        let name = |laggard: &Laggard| {
            let state = laggard.component.as_ref().map_or("not started", |own| own.state.as_str());
            format!("{}/{} ({state})", laggard.machine, laggard.name)
        };
        self.0.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    /// Those without which nothing can be judged.
    pub fn infrastructure(&self) -> impl Iterator<Item = &Laggard> {
        self.0.iter().filter(|laggard| laggard.part == Part::Infrastructure)
    }
}
