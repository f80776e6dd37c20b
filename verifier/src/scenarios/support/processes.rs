//! The processes of the platform's own components, which nobody may have restarted.

use std::collections::BTreeMap;

use persys_contract::{component, topology::MachineRole};
use persys_faultd::protocol::Component;

use crate::{
    context::{Checks, Context},
    evidence::StepError,
};

const OWN: [(MachineRole, &str); 3] = [
    (MachineRole::Gateway, component::GATEWAY),
    (MachineRole::Scheduler, component::SCHEDULER),
    (MachineRole::Agent, component::AGENT),
];

/// What tells one process of a component from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: Option<u32>,
    restarts: u32,
}

/// By machine and component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processes(BTreeMap<(String, String), Process>);

impl Processes {
    pub async fn look(cx: &Context) -> Result<Self, StepError> {
        let mut found = BTreeMap::new();
        for (role, component) in OWN {
            for (machine, _) in cx.topology().with_role(role) {
                let Component { pid, restarts, .. } =
                    cx.faults(machine).component(component).await?.component;
                let place = (machine.to_owned(), component.to_owned());
                found.insert(place, Process { pid, restarts });
            }
        }
        Ok(Self(found))
    }

    /// Checks that all of them are those from `before`, but for what was ended on purpose,
    /// each a machine and its component.
    pub fn are_those_of(&self, before: &Self, ended: &[(String, &str)], checks: &mut Checks) {
        for (place, now) in &self.0 {
            let (machine, component) = place;
            if !ended.iter().any(|(host, which)| host == machine && which == component) {
                let name = format!("process of {component} on {machine}");
                checks.equal(&name, Some(now), before.0.get(place));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Recorder;

    /// Two agents, of which the first is this process.
    fn processes(pid: u32, restarts: u32) -> Processes {
        let place = |machine: &str| (machine.to_owned(), "persys-agent".to_owned());
        let kept = Process { pid: Some(7), restarts: 0 };
        let first = Process { pid: Some(pid), restarts };
        Processes(BTreeMap::from([(place("node1"), first), (place("node2"), kept)]))
    }

    fn held(now: &Processes, ended: &[(String, &str)]) -> bool {
        let mut checks = Checks::new(Recorder::in_memory());
        now.are_those_of(&processes(5, 0), ended, &mut checks);
        checks.finish().is_ok()
    }

    #[test]
    fn a_process_that_nobody_ended_stays() {
        assert!(held(&processes(5, 0), &[]));
        assert!(!held(&processes(6, 0), &[]));
        // The same number by chance, of a process that was started anew.
        assert!(!held(&processes(5, 1), &[]));
        assert!(held(&processes(6, 0), &[("node1".to_owned(), "persys-agent")]));
        assert!(!held(&processes(6, 0), &[("node2".to_owned(), "persys-agent")]));
    }
}
