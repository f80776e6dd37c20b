//! What the lab's PID 1 has told so far.

use std::collections::BTreeMap;

use persys_faultd::supervisor::{Component, ComponentState};
use serde::{Deserialize, Serialize};

use crate::spec::Event;

#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// By machine and component.
    pub components: BTreeMap<(String, String), Component>,
    pub network: bool,
    pub machines: Vec<String>,
    /// The first thing that went wrong.
    pub failure: Option<String>,
    /// PID 1 is gone.
    pub ended: bool,
}

impl Progress {
    pub fn note(&mut self, event: Event) {
        match event {
            Event::Network => self.network = true,
            Event::Machine { machine } => self.machines.push(machine),
            Event::Component { machine, component } => {
                self.components.insert((machine, component.name.clone()), component);
            }
            Event::Failed { what } => {
                self.failure.get_or_insert(what);
            }
        }
    }

    pub fn state(&self, machine: &str, component: &str) -> Option<ComponentState> {
        let key = (machine.to_owned(), component.to_owned());
        self.components.get(&key).map(|component| component.state)
    }
}

/// How far a lab is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Starting,
    Up,
    Ending,
}
