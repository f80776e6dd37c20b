//! Which faults may be in effect together.
//!
//! A plan may break nearly everything, and the contract's promises stand: requests are then
//! refused, and all is well in the end. Some combinations would make a promise void or an
//! observation worthless, and are left out:
//!
//! - A component that is started waits for what it needs (§1: it is ready "when the listener
//!   accepts and the dependencies answered once"). So nothing is stopped, killed or restarted
//!   while what it needs is broken, or its healing would fail through no fault of the platform.
//! - One machine has one fault at a time: two stops of one component, or two shapes of one
//!   link, are no two faults.
//! - At most one node is broken at a time: §6 places workloads on "another matching active node",
//!   and there must be one.
//! - At most two faults at a time: three of them explain nothing.
//! - No workload is made to restart more often than four times within five minutes, starts that a
//!   user asks for counted: after the fifth §6 lets it be `Failed` "until asked again".

use std::collections::BTreeSet;

use super::{
    Act, Blow, Breakage, Entry, Ground,
    ground::{DNS, DOCKER, ETCD, GATEWAY, SCHEDULER},
};

/// Faults in effect at the same time.
const AT_ONCE: usize = 2;
/// Between two faults of one machine.
const PAUSE_MS: u64 = 1000;
/// How long a component takes to be there again after an orderly restart, at most.
const RESTART_MS: u64 = 4000;
/// Restarts of one workload within five minutes.
const WEAR: u32 = 4;
const WEAR_WINDOW_MS: u64 = 5 * 60 * 1000;

/// One fault, and when it is in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub machine: String,
    pub from_ms: u64,
    pub to_ms: u64,
    /// The component that is started in the end.
    pub starts: Option<String>,
    pub breakage: Option<Breakage>,
}

impl Window {
    /// Of an entry that breaks something for a while.
    pub fn of(entry: &Entry) -> Option<Self> {
        let from_ms = entry.at_ms;
        match &entry.act {
            Act::Fault { machine, breakage, for_ms } => Some(Self {
                machine: machine.clone(),
                from_ms,
                to_ms: from_ms + for_ms,
                starts: breakage
                    .component()
                    .filter(|_| breakage.ends_in_a_start())
                    .map(str::to_owned),
                breakage: Some(breakage.clone()),
            }),
            Act::Restart { machine, component } => Some(Self {
                machine: machine.clone(),
                from_ms,
                to_ms: from_ms + RESTART_MS,
                starts: Some(component.clone()),
                breakage: None,
            }),
            Act::Operation { .. } | Act::Blow { .. } => None,
        }
    }

    fn overlaps(&self, other: &Self, pause_ms: u64) -> bool {
        self.from_ms < other.to_ms + pause_ms && other.from_ms < self.to_ms + pause_ms
    }

    /// The machines that must be whole for it to end in order.
    fn needs<'a>(&self, ground: &'a Ground) -> BTreeSet<&'a str> {
        let schedulers = ground.schedulers.iter().map(String::as_str);
        match self.starts.as_deref() {
            Some(SCHEDULER) => BTreeSet::from([ground.etcd.as_str()]),
            Some(GATEWAY) => {
                schedulers.chain([ground.dns.as_str(), ground.etcd.as_str()]).collect()
            }
            Some(DNS) => BTreeSet::from([ground.etcd.as_str()]),
            Some(ETCD | DOCKER) | None => BTreeSet::new(),
            // The agent.
            Some(_) => schedulers.chain([ground.etcd.as_str()]).collect(),
        }
    }

    /// How often it makes every workload of its node restart.
    fn wear(&self) -> u32 {
        match &self.breakage {
            // Docker ends all containers when it is started again.
            Some(Breakage::Kill { component } | Breakage::Stop { component })
                if component == DOCKER =>
            {
                1
            }
            // Whatever is started on a full disk fails, after 1 s and 2 s again.
            Some(Breakage::FillDisk) => 2,
            _ => 0,
        }
    }
}

/// Why a fault may not join the others.
pub fn clash(ground: &Ground, planned: &[Window], next: &Window) -> Option<&'static str> {
    let same = |other: &&Window| other.machine == next.machine;
    if planned.iter().filter(same).any(|other| other.overlaps(next, PAUSE_MS)) {
        return Some("the machine has a fault then");
    }
    let together: Vec<&Window> = planned.iter().filter(|other| other.overlaps(next, 0)).collect();
    // The most are in effect when one of them begins.
    let moments = together.iter().map(|other| other.from_ms.max(next.from_ms));
    let at_once = |at_ms: u64| {
        together.iter().filter(|other| other.from_ms <= at_ms && at_ms < other.to_ms).count()
    };
    if moments.into_iter().any(|at_ms| at_once(at_ms) >= AT_ONCE) {
        return Some("there are two faults then");
    }
    if ground.is_agent(&next.machine)
        && planned.iter().any(|other| {
            // A node that is back has yet to become active again.
            ground.is_agent(&other.machine) && other.overlaps(next, ground.node_timeout_ms)
        })
    {
        return Some("another node is broken then");
    }
    let needs = next.needs(ground);
    let blocked = |other: &&Window| {
        needs.contains(other.machine.as_str())
            || other.needs(ground).contains(next.machine.as_str())
    };
    if planned.iter().filter(|other| other.overlaps(next, PAUSE_MS)).any(|other| blocked(&other)) {
        return Some("what it needs to start is broken then");
    }
    None
}

/// What workloads have had to bear: each blow wears one, some faults wear all of them.
#[derive(Clone, Debug, Default)]
pub struct Wear {
    of_all: Vec<(u64, u32)>,
    of_one: Vec<(u64, u32)>,
}

impl Wear {
    /// Whether every workload can bear it; if so it is noted.
    pub fn bears(&mut self, window: &Window) -> bool {
        let cost = window.wear();
        if cost == 0 {
            return true;
        }
        let all = self.all(window.from_ms);
        let most = self.numbers().map(|number| self.one(number, window.from_ms)).max();
        if all + most.unwrap_or(0) + cost > WEAR {
            return false;
        }
        self.of_all.push((window.from_ms, cost));
        true
    }

    /// Somebody asks for a workload to be started again, which counts as a restart.
    pub fn started(&mut self, at_ms: u64, workload: u32) {
        self.of_one.push((at_ms, workload));
    }

    /// The same for one workload.
    pub fn bears_blow(&mut self, at_ms: u64, workload: u32, blow: Blow) -> bool {
        if matches!(blow, Blow::Pause) {
            // Nothing ends.
            return true;
        }
        if self.all(at_ms) + self.one(workload, at_ms) + 1 > WEAR {
            return false;
        }
        self.of_one.push((at_ms, workload));
        true
    }

    fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.of_one.iter().map(|(_, workload)| *workload)
    }

    fn all(&self, at_ms: u64) -> u32 {
        self.of_all.iter().filter(|(at, _)| recent(*at, at_ms)).map(|(_, cost)| cost).sum()
    }

    fn one(&self, workload: u32, at_ms: u64) -> u32 {
        let hits = self.of_one.iter().filter(|(at, w)| *w == workload && recent(*at, at_ms));
        u32::try_from(hits.count()).unwrap_or(u32::MAX)
    }
}

fn recent(at: u64, now: u64) -> bool {
    at.abs_diff(now) <= WEAR_WINDOW_MS
}

#[cfg(test)]
mod tests {
    use super::{super::ground::fixture, *};

    fn window(machine: &str, breakage: Breakage, from_ms: u64) -> Window {
        let act = Act::Fault { machine: machine.into(), breakage, for_ms: 3000 };
        Window::of(&Entry { at_ms: from_ms, act }).unwrap()
    }

    fn kill(machine: &str, component: &str, from_ms: u64) -> Window {
        window(machine, Breakage::Kill { component: component.into() }, from_ms)
    }

    fn pause(machine: &str, component: &str, from_ms: u64) -> Window {
        window(machine, Breakage::Pause { component: component.into() }, from_ms)
    }

    fn told(a: Window, b: Window) -> Option<&'static str> {
        let ground = fixture::whole();
        let found = clash(&ground, std::slice::from_ref(&a), &b);
        assert_eq!(found.is_some(), clash(&ground, &[b], &a).is_some(), "it is mutual");
        found
    }

    #[test]
    fn nothing_is_started_while_what_it_needs_is_broken() {
        let needs = Some("what it needs to start is broken then");
        assert_eq!(told(kill("prow1", SCHEDULER, 0), pause("etcd", ETCD, 1000)), needs);
        assert_eq!(told(kill("gateway", GATEWAY, 0), pause("prow1", SCHEDULER, 1000)), needs);
        assert_eq!(told(kill("agent1", "persys-agent", 0), kill("prow2", SCHEDULER, 0)), needs);
        assert_eq!(told(pause("prow1", SCHEDULER, 0), pause("etcd", ETCD, 1000)), None);
        assert_eq!(told(kill("prow1", SCHEDULER, 0), kill("prow2", SCHEDULER, 0)), None);
    }

    #[test]
    fn a_machine_has_one_fault_and_one_node_is_whole() {
        let machine = Some("the machine has a fault then");
        assert_eq!(told(kill("prow1", SCHEDULER, 0), pause("prow1", SCHEDULER, 2000)), machine);
        assert_eq!(told(kill("prow1", SCHEDULER, 0), pause("prow1", SCHEDULER, 4500)), None);
        let node = Some("another node is broken then");
        let agent = |name: &str, at| pause(name, "persys-agent", at);
        assert_eq!(told(agent("agent1", 0), agent("agent2", 4000)), node);
        assert_eq!(told(agent("agent1", 0), agent("agent2", 8500)), None);
    }

    #[test]
    fn there_are_two_faults_at_most() {
        let planned = [pause("prow1", SCHEDULER, 0), pause("gateway", GATEWAY, 0)];
        let third = clash(&fixture::whole(), &planned, &pause("dns", DNS, 1000));
        assert_eq!(third, Some("there are two faults then"));
        let one_after_the_other = [pause("prow1", SCHEDULER, 0), pause("gateway", GATEWAY, 3000)];
        let long = Window { to_ms: 6000, ..pause("dns", DNS, 500) };
        assert_eq!(clash(&fixture::whole(), &one_after_the_other, &long), None);
    }

    #[test]
    fn no_workload_is_worn_out() {
        let mut wear = Wear::default();
        assert!(wear.bears(&kill("agent1", DOCKER, 0)));
        for at in [1, 2, 3] {
            assert!(wear.bears_blow(at * 1000, 7, Blow::Kill), "{at}");
        }
        assert!(!wear.bears_blow(9000, 7, Blow::Stop));
        assert!(wear.bears_blow(9000, 7, Blow::Pause), "nothing ends by it");
        assert!(wear.bears_blow(9000, 8, Blow::Stop), "another one");
        assert!(!wear.bears(&kill("agent2", DOCKER, 9000)), "7 would be worn out");
        assert!(wear.bears_blow(400_000, 7, Blow::Stop), "five minutes later");
        (0..4).for_each(|n| wear.started(400_000 + n, 9));
        assert!(!wear.bears_blow(410_000, 9, Blow::Kill), "it was started often enough");
    }
}
