//! What is the case once everything is healed and has had time, held against what must be.

use std::collections::{BTreeMap, BTreeSet};

use persys_contract::{DesiredState, WorkloadStatus};

use super::{Fate, Invariant, Kind, Presence, Violation, Wish};

/// A workload's record, in etcd or as the gateway shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinalRecord {
    pub node: Option<String>,
    pub status: Option<WorkloadStatus>,
    pub desired: Option<DesiredState>,
}

/// A container that bears a workload's label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalContainer {
    pub node: String,
    pub workload: String,
    /// Which of a project's it is; empty of a workload that is no project.
    pub part: String,
    /// Docker's word.
    pub state: String,
}

/// Everything that is asked at the end, workloads by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinalState {
    pub etcd: BTreeMap<String, FinalRecord>,
    pub api: BTreeMap<String, FinalRecord>,
    pub containers: Vec<FinalContainer>,
}

/// What Docker and etcd have told of a one-shot workload on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// How many of its containers ended well.
    pub ended_well: usize,
    /// The nodes that it was given to, one after another.
    pub nodes: BTreeSet<String>,
}

/// Who schedules, as four witnesses have it: machines by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Those that are there, as their machines say.
    pub alive: BTreeSet<String>,
    /// Those with a record in etcd.
    pub registered: BTreeSet<String>,
    pub srv: BTreeSet<String>,
    pub a: BTreeSet<String>,
    pub leaders: Vec<String>,
    /// Nodes that the gateway does not list as active.
    pub inactive: Vec<String>,
}

/// The plan's workloads: what must be, and by which id.
type Fates<'a> = &'a BTreeMap<u32, (String, Fate)>;

impl FinalState {
    fn containers_of(&self, id: &str) -> impl Iterator<Item = &FinalContainer> {
        self.containers.iter().filter(move |container| container.workload == id)
    }

    fn name<'a>(&self, fates: Fates<'a>, id: &'a str) -> String {
        match fates.iter().find(|(_, (own, _))| own == id) {
            Some((number, _)) => format!("w{number} ({id})"),
            None => id.to_owned(),
        }
    }
}

/// Nothing acknowledged is lost, and what is unknown is everywhere the same.
pub fn judge_presence(fates: Fates<'_>, state: &FinalState) -> Vec<Violation> {
    let told = |text: String| Violation::in_the_end(Invariant::NothingAcknowledgedLost, text);
    let mut violations = Vec::new();
    for (number, (id, fate)) in fates {
        let name = format!("w{number} ({id})");
        let (etcd, api) = (state.etcd.get(id), state.api.get(id));
        match (fate.presence, etcd, api) {
            (Presence::Present, None, _) => {
                violations
                    .push(told(format!("{name} was acknowledged, and etcd has no record of it")));
            }
            (Presence::Present, _, None) => {
                violations.push(told(format!(
                    "{name} was acknowledged, and the gateway does not list it"
                )));
            }
            (Presence::Absent, Some(record), _) => {
                let desired = record.desired.map_or("nothing".to_owned(), |d| d.to_string());
                violations.push(told(format!(
                    "{name} must be gone, and etcd has its record, with desired state {desired}"
                )));
            }
            (Presence::Absent, None, Some(_)) => {
                violations.push(told(format!("{name} must be gone, and the gateway lists it")));
            }
            _ => {}
        }
        if let Some(record) = etcd {
            violations.extend(wish_lost(&name, fate, record).map(told));
        }
    }
    for id in state.etcd.keys().filter(|id| !state.api.contains_key(*id)) {
        let name = state.name(fates, id);
        violations
            .push(told(format!("etcd has a record of {name}, which the gateway does not list")));
    }
    for id in state.api.keys().filter(|id| !state.etcd.contains_key(*id)) {
        let name = state.name(fates, id);
        violations.push(told(format!("the gateway lists {name}, of which etcd has no record")));
    }
    violations
}

/// A desired state that nobody asked for last.
fn wish_lost(name: &str, fate: &Fate, record: &FinalRecord) -> Option<String> {
    let wish = match record.desired.unwrap_or(DesiredState::Running) {
        DesiredState::Running => Wish::Running,
        DesiredState::Stopped => Wish::Stopped,
        DesiredState::Deleted => {
            return Some(format!("{name} is to be deleted, and is still there"));
        }
    };
    let wished = fate.wishes.contains(&wish) || fate.presence == Presence::Either;
    (!wished).then(|| {
        format!(
            "{name} has the desired state {wish:?}; what was acknowledged last was {:?}",
            fate.wishes
        )
    })
}

/// No container without a workload, no workload twice, and what ends by itself once.
pub fn judge_runs(
    fates: Fates<'_>,
    state: &FinalState,
    stories: &BTreeMap<u32, Story>,
) -> Vec<Violation> {
    let told = |text: String| Violation::in_the_end(Invariant::NothingRunsTwice, text);
    let mut violations = Vec::new();
    let mut parts: BTreeMap<(&str, &str), Vec<&FinalContainer>> = BTreeMap::new();
    for container in &state.containers {
        let name = state.name(fates, &container.workload);
        let (node, state_) = (&container.node, &container.state);
        match state.etcd.get(&container.workload) {
            None => violations.push(told(format!(
                "{node} has a container ({state_}) of {name}, of which etcd has no record"
            ))),
            Some(record) if record.node.as_deref() != Some(node) => {
                let home = record.node.as_deref().unwrap_or("no node");
                violations.push(told(format!(
                    "{node} has a container ({state_}) of {name}, which is given to {home}"
                )));
            }
            Some(_) => {
                parts.entry((&container.workload, &container.part)).or_default().push(container)
            }
        }
    }
    for ((id, part), containers) in parts.iter().filter(|(_, all)| all.len() > 1) {
        let name = state.name(fates, id);
        let node = &containers[0].node;
        let part = if part.is_empty() { String::new() } else { format!(" for its part {part}") };
        violations
            .push(told(format!("{node} has {} containers of {name}{part}", containers.len())));
    }
    for (number, story) in stories {
        // What was given to another node may have ended on both.
        if story.ended_well > 1 && story.nodes.len() <= 1 {
            violations.push(told(format!(
                "w{number} ends by itself, and ended well {} times: it was run again",
                story.ended_well
            )));
        }
    }
    violations
}

/// Everything is as its status says, and as was asked for.
pub fn judge_statuses(fates: Fates<'_>, state: &FinalState) -> Vec<Violation> {
    let told = |text: String| Violation::in_the_end(Invariant::StatusesTrue, text);
    let mut violations = Vec::new();
    for (number, (id, fate)) in fates {
        let (Some(record), name) = (state.etcd.get(id), format!("w{number} ({id})")) else {
            continue;
        };
        let shown = state.api.get(id).and_then(|record| record.status);
        if state.api.contains_key(id) && shown != record.status {
            violations.push(told(format!(
                "the gateway shows {name} as {}, etcd has it as {}",
                word(shown),
                word(record.status)
            )));
        }
        let running = state.containers_of(id).filter(|c| c.state == "running").count();
        if let Some(lie) = lie(fate.kind, record, running) {
            let containers: Vec<String> =
                state.containers_of(id).map(|c| format!("{} on {}", c.state, c.node)).collect();
            let containers =
                if containers.is_empty() { "none".to_owned() } else { containers.join(", ") };
            violations.push(told(format!(
                "{name}, a {}, {lie}; its status is {}, its containers: {containers}",
                fate.kind.as_str(),
                word(record.status)
            )));
        }
    }
    violations
}

fn word(status: Option<WorkloadStatus>) -> String {
    status.map_or_else(|| "nothing".to_owned(), |status| status.to_string())
}

/// What is not as it must be with a workload of which so many containers run.
fn lie(kind: Kind, record: &FinalRecord, running: usize) -> Option<String> {
    use WorkloadStatus::{Exited, Restarting, Running};

    let desired = record.desired.unwrap_or(DesiredState::Running);
    match (desired, kind) {
        // It is to be gone, which is told elsewhere.
        (DesiredState::Deleted, _) => None,
        (DesiredState::Stopped, _) if running > 0 => {
            Some(format!("is to be stopped, and {running} of its containers run"))
        }
        (DesiredState::Stopped, _) => matches!(record.status, Some(Running | Restarting))
            .then(|| "is stopped and is said to run".to_owned()),
        (DesiredState::Running, Kind::OneShot) if running > 0 => {
            Some("ends by itself, and still runs".to_owned())
        }
        (DesiredState::Running, Kind::OneShot) => (record.status != Some(Exited))
            .then(|| "ends by itself and well, and is not told to have ended".to_owned()),
        (DesiredState::Running, kind) if running != kind.parts() => {
            Some(format!("is to run, and {running} of its {} containers run", kind.parts()))
        }
        (DesiredState::Running, _) => {
            (record.status != Some(Running)).then(|| "runs, and is not told to run".to_owned())
        }
    }
}

/// DNS, the registry and the machines agree on who schedules, one leads, and every node is there.
pub fn judge_discovery(discovery: &Discovery) -> Vec<Violation> {
    let told = |text: String| Violation::in_the_end(Invariant::DiscoveryAgrees, text);
    let Discovery { alive, registered, srv, a, leaders, inactive } = discovery;
    let mut violations = Vec::new();
    for (who, names) in [
        ("etcd has records of", registered),
        ("the SRV records of DNS name", srv),
        ("the addresses of DNS name", a),
    ] {
        if names != alive {
            violations.push(told(format!("schedulers {alive:?} are alive, and {who} {names:?}")));
        }
    }
    if leaders.len() != 1 {
        violations.push(told(format!("one scheduler leads; those that say they do: {leaders:?}")));
    }
    if !inactive.is_empty() {
        violations
            .push(told(format!("every node is there, and these are not active: {inactive:?}")));
    }
    violations
}

#[cfg(test)]
#[path = "final_state_tests.rs"]
mod tests;
