//! What was the case on the way, looked at again and again.
//!
//! Faults excuse a lot for a while: who cannot be reached cannot be told. What counts is what is
//! wrong for longer than the contract allows, in one stretch, while nothing is disturbed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use persys_contract::{Discovery, WorkloadStatus, topology::Timings};

use super::{Disturbance, Ground, Invariant, Violation};

/// For an order and its effect, on a machine that is busy with a dozen others.
const SLACK: Duration = Duration::from_secs(2);

/// One look at all engines and all records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When the last answer was there.
    pub at_ms: u64,
    /// By node; a node that did not answer is absent.
    pub containers: BTreeMap<String, Vec<SampledContainer>>,
    /// By id; nothing when etcd did not answer.
    pub records: Option<BTreeMap<String, SampledRecord>>,
}

impl Sample {
    /// Whether each of so many nodes and etcd answered, and there was something to see.
    pub fn saw_all(&self, nodes: usize) -> bool {
        self.containers.len() == nodes
            && self.containers.values().any(|containers| !containers.is_empty())
            && self.records.as_ref().is_some_and(|records| !records.is_empty())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampledContainer {
    pub id: String,
    pub workload: String,
    pub part: String,
    pub running: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampledRecord {
    pub node: Option<String>,
    pub status: Option<WorkloadStatus>,
}

/// What the contract allows, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// A workload may run twice (§6: "one reconcile interval after both nodes are reachable").
    pub twice_ms: u64,
    /// A status may be behind the truth (§6: "every `MONITOR_INTERVAL`"): it is read in one round
    /// and may have just missed the one before.
    pub stale_ms: u64,
    /// After a disturbance of a node: requests to it that hang, and its next heartbeats.
    pub node_settles_ms: u64,
    /// After one of schedulers or etcd: the leader's lease runs out first (§5).
    pub control_settles_ms: u64,
}

impl Bounds {
    pub fn of(timings: &Timings, scale: f64) -> Self {
        let ms = |duration: Duration| duration.mul_f64(scale).as_millis() as u64;
        let hanging = timings.request_timeout() + timings.heartbeat_interval() * 2;
        let lease = Duration::from_secs(Discovery::LEASE_SECONDS.unsigned_abs());
        Self {
            twice_ms: ms(timings.reconcile_interval() + SLACK),
            stale_ms: ms(timings.monitor_interval() * 2 + SLACK),
            node_settles_ms: ms(hanging),
            control_settles_ms: ms(hanging + lease),
        }
    }

    /// Whether nothing disturbs the platform's knowledge of its containers at a moment.
    fn calm(&self, at_ms: u64, disturbances: &[Disturbance], ground: &Ground) -> bool {
        !disturbances.iter().any(|one| {
            let settles = if ground.is_agent(&one.machine) {
                self.node_settles_ms
            } else if ground.is_scheduler(&one.machine) || one.machine == ground.etcd {
                self.control_settles_ms
            } else {
                // Gateway and DNS have no part in it.
                return false;
            };
            one.from_ms <= at_ms && at_ms <= one.to_ms.saturating_add(settles)
        })
    }
}

/// Something wrong that is seen again and again.
struct Stretch {
    since_ms: u64,
    looks: u32,
    told: bool,
}

/// Everything that was wrong for too long, once each.
pub fn judge_samples(
    samples: &[Sample],
    disturbances: &[Disturbance],
    bounds: Bounds,
    ground: &Ground,
) -> Vec<Violation> {
    let mut stretches: BTreeMap<(Invariant, String), Stretch> = BTreeMap::new();
    let mut violations = Vec::new();
    for sample in samples {
        let mut wrong: BTreeSet<(Invariant, String)> = BTreeSet::new();
        if bounds.calm(sample.at_ms, disturbances, ground) {
            wrong.extend(twice(sample).map(|text| (Invariant::NothingRunsTwice, text)));
            wrong.extend(lies(sample).map(|text| (Invariant::StatusesTrue, text)));
        }
        stretches.retain(|what, _| wrong.contains(what));
        for what in wrong {
            let limit = match what.0 {
                Invariant::NothingRunsTwice => bounds.twice_ms,
                _ => bounds.stale_ms,
            };
            let stretch = stretches.entry(what.clone()).or_insert(Stretch {
                since_ms: sample.at_ms,
                looks: 0,
                told: false,
            });
            stretch.looks += 1;
            let lasted = sample.at_ms - stretch.since_ms;
            if lasted > limit && stretch.looks > 2 && !stretch.told {
                stretch.told = true;
                let (invariant, text) = what;
                let seconds = lasted as f64 / 1000.0;
                let text = format!("{text}, for {seconds:.1} s while nothing was disturbed");
                violations.push(Violation::at(invariant, sample.at_ms, text));
            }
        }
    }
    violations
}

/// Workloads of which the same part runs in two containers.
fn twice(sample: &Sample) -> impl Iterator<Item = String> {
    let mut running: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (node, containers) in &sample.containers {
        for container in containers.iter().filter(|container| container.running) {
            let part = (container.workload.as_str(), container.part.as_str());
            running.entry(part).or_default().push(node);
        }
    }
    let several = running.into_iter().filter(|(_, nodes)| nodes.len() > 1);
    let told: Vec<String> = several
        .map(|((id, _), nodes)| {
            format!("{id} ran in {} containers, on {}", nodes.len(), nodes.join(" and "))
        })
        .collect();
    told.into_iter()
}

/// Workloads that are said to run and have no container that does.
fn lies(sample: &Sample) -> impl Iterator<Item = String> {
    let said = sample.records.iter().flatten().filter_map(|(id, record)| {
        let node = record.node.as_deref()?;
        let containers = sample.containers.get(node)?;
        let runs = containers.iter().any(|c| c.running && c.workload == *id);
        (record.status == Some(WorkloadStatus::Running) && !runs)
            .then(|| format!("{id} was said to be Running, and no container of it ran on {node}"))
    });
    said.collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::ground::fixture::whole;

    const BOUNDS: Bounds = Bounds {
        twice_ms: 4000,
        stale_ms: 3000,
        node_settles_ms: 7000,
        control_settles_ms: 20_000,
    };

    fn container(id: &str, running: bool) -> SampledContainer {
        SampledContainer { id: id.into(), workload: "w".into(), part: String::new(), running }
    }

    /// Ten seconds, a look each half second.
    fn looks(agent1: &[SampledContainer], agent2: &[SampledContainer]) -> Vec<Sample> {
        let record =
            SampledRecord { node: Some("agent1".into()), status: Some(WorkloadStatus::Running) };
        let sample = |n: u64| Sample {
            at_ms: n * 500,
            containers: [("agent1".into(), agent1.to_vec()), ("agent2".into(), agent2.to_vec())]
                .into(),
            records: Some([("w".to_owned(), record.clone())].into()),
        };
        (0..20).map(sample).collect()
    }

    fn broken(samples: &[Sample], disturbances: &[Disturbance]) -> Vec<Invariant> {
        let violations = judge_samples(samples, disturbances, BOUNDS, &whole());
        violations.into_iter().map(|violation| violation.invariant).collect()
    }

    fn disturbed(machine: &str, from_ms: u64, to_ms: u64) -> Disturbance {
        Disturbance { machine: machine.into(), what: "x".into(), from_ms, to_ms }
    }

    #[test]
    fn a_workload_that_runs_twice_for_too_long_is_told_once() {
        let twice = [Invariant::NothingRunsTwice];
        let both = looks(&[container("1", true)], &[container("2", true)]);
        assert_eq!(broken(&both, &[]), twice);
        let same_node = looks(&[container("1", true), container("2", true)], &[]);
        assert_eq!(broken(&same_node, &[]), twice);
        assert_eq!(broken(&looks(&[container("1", true)], &[container("2", false)]), &[]), []);
        assert_eq!(broken(&both[..8], &[]), [], "not for too long");
    }

    #[test]
    fn a_status_that_lies_for_too_long_is_told() {
        let lies = [Invariant::StatusesTrue];
        assert_eq!(broken(&looks(&[container("1", false)], &[]), &[]), lies);
        assert_eq!(broken(&looks(&[], &[]), &[]), lies);
        assert_eq!(broken(&looks(&[], &[])[..6], &[]), []);
        let mut unseen = looks(&[], &[]);
        unseen.iter_mut().for_each(|sample| drop(sample.containers.remove("agent1")));
        assert_eq!(broken(&unseen, &[]), [], "nobody knows");
        unseen.iter_mut().for_each(|sample| sample.records = None);
        assert_eq!(broken(&unseen, &[]), []);
    }

    #[test]
    fn who_did_not_answer_and_who_had_nothing_was_not_seen() {
        let whole = looks(&[container("1", true)], &[]).remove(0);
        assert!(whole.saw_all(2));
        assert!(!Sample { records: None, ..whole.clone() }.saw_all(2));
        assert!(!Sample { records: Some(BTreeMap::new()), ..whole.clone() }.saw_all(2));
        assert!(!looks(&[], &[]).remove(0).saw_all(2));
        let mut silent = whole;
        silent.containers.remove("agent2");
        assert!(!silent.saw_all(2));
    }

    #[test]
    fn a_disturbance_excuses_it_for_its_time() {
        let both = looks(&[container("1", true)], &[container("2", true)]);
        for machine in ["agent1", "prow2", "etcd"] {
            assert_eq!(broken(&both, &[disturbed(machine, 0, 100)]), [], "{machine}");
            assert_eq!(broken(&both, &[disturbed(machine, 2000, u64::MAX)]), [], "{machine}");
        }
        for machine in ["gateway", "dns"] {
            assert_eq!(broken(&both, &[disturbed(machine, 0, u64::MAX)]).len(), 1, "{machine}");
        }
        // What is seen before and after it is not one stretch.
        let later: Vec<Sample> =
            both.iter().cloned().map(|s| Sample { at_ms: s.at_ms + 7600, ..s }).collect();
        assert_eq!(broken(&later, &[disturbed("agent1", 0, 500)]).len(), 1, "it has settled");
    }

    #[test]
    fn the_bounds_are_the_topology_s() {
        let bounds = Bounds::of(&crate::chaos::ground::fixture::topology().timings, 1.0);
        assert_eq!(bounds.twice_ms, 4000);
        assert_eq!(bounds.stale_ms, 4000);
        assert_eq!((bounds.node_settles_ms, bounds.control_settles_ms), (7000, 22_000));
    }
}
