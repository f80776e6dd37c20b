//! What is broken, at random and within what is legal.

use persys_faultd::protocol::{Capability, Direction};
use rand::{RngExt, rngs::ChaCha12Rng, seq::IndexedRandom};

use super::{
    super::{
        Act, Blow, Breakage, Entry, Ground, Kind, Operation,
        ground::{AGENT, DNS, DOCKER, ETCD, GATEWAY, SCHEDULER},
        legal::{Wear, Window, clash},
    },
    weighted,
};

/// Before the first one: there is something to lose by then.
const FIRST_MS: u64 = 2500;
/// After the last one, so that it is in effect while something is asked.
const LAST_MS: u64 = 500;
/// Between the beginnings of two disturbances.
const PAUSE: std::ops::Range<u64> = 1500..5500;
/// A random choice that is not legal is made again, so often.
const TRIES: usize = 12;
const BRIEF_MS: std::ops::Range<u64> = 800..4000;
/// Workloads are hit once they have had this long to come up.
const YOUNG_MS: u64 = 4000;

const MEMORY: u64 = 128 << 20;

pub fn faults(
    rng: &mut ChaCha12Rng,
    duration_ms: u64,
    ground: &Ground,
    operations: &[Entry],
) -> Vec<Entry> {
    let end_ms = duration_ms.saturating_sub(LAST_MS);
    let (mut entries, mut windows, mut wear) = (Vec::new(), Vec::new(), Wear::default());
    for entry in operations {
        if let Act::Operation { operation: Operation::Start { workload }, .. } = &entry.act {
            wear.started(entry.at_ms, *workload);
        }
    }
    let mut at_ms = FIRST_MS;
    while at_ms < end_ms {
        for _ in 0..TRIES {
            let Some(entry) = disturbance(rng, at_ms, ground, operations) else { continue };
            let legal = match (&entry.act, Window::of(&entry)) {
                (Act::Blow { workload, blow }, _) => wear.bears_blow(at_ms, *workload, *blow),
                (_, Some(window)) => {
                    let fits = window.to_ms <= end_ms
                        && clash(ground, &windows, &window).is_none()
                        && wear.bears(&window);
                    if fits {
                        windows.push(window);
                    }
                    fits
                }
                (_, None) => false,
            };
            if legal {
                entries.push(entry);
                break;
            }
        }
        at_ms += rng.random_range(PAUSE);
    }
    entries
}

fn disturbance(
    rng: &mut ChaCha12Rng,
    at_ms: u64,
    ground: &Ground,
    operations: &[Entry],
) -> Option<Entry> {
    let act = match weighted(rng, vec![(20, 0), (26, 1), (9, 2), (30, 3), (15, 4)])? {
        0 => blow(rng, at_ms, operations)?,
        1 => scheduler(rng, ground)?,
        2 => middle(rng, ground),
        3 => node(rng, ground)?,
        _ => link(rng, ground)?,
    };
    Some(Entry { at_ms, act })
}

/// Hits a workload that is there by then, as far as the plan can tell.
fn blow(rng: &mut ChaCha12Rng, at_ms: u64, operations: &[Entry]) -> Option<Act> {
    let mut there: Vec<u32> = Vec::new();
    for entry in operations.iter().filter(|entry| entry.at_ms <= at_ms) {
        let Act::Operation { operation, .. } = &entry.act else { continue };
        match operation {
            // One that ends by itself has long ended.
            Operation::Schedule { kind: Kind::OneShot, .. } => {}
            Operation::Schedule { workload, .. } if entry.at_ms + YOUNG_MS <= at_ms => {
                there.push(*workload);
            }
            Operation::Delete { workload } | Operation::Stop { workload } => {
                there.retain(|known| known != workload);
            }
            Operation::Start { workload } if entry.at_ms + YOUNG_MS <= at_ms => {
                there.push(*workload);
            }
            _ => {}
        }
    }
    let workload = *there.choose(rng)?;
    let blows = vec![(3, Blow::Kill), (2, Blow::Stop), (3, Blow::Remove), (2, Blow::Pause)];
    let blow = weighted(rng, blows)?;
    Some(Act::Blow { workload, blow })
}

/// A component is away, stands still, or is restarted.
fn process(rng: &mut ChaCha12Rng, machine: &str, component: &str, for_ms: u64) -> Act {
    let name = || component.to_owned();
    let choices = vec![
        (4, Some(Breakage::Kill { component: name() })),
        (2, Some(Breakage::Stop { component: name() })),
        (4, Some(Breakage::Pause { component: name() })),
        (2, None),
    ];
    let machine = machine.to_owned();
    match weighted(rng, choices).flatten() {
        Some(breakage) => Act::Fault { machine, breakage, for_ms },
        None => Act::Restart { machine, component: name() },
    }
}

fn scheduler(rng: &mut ChaCha12Rng, ground: &Ground) -> Option<Act> {
    let machine = ground.schedulers.choose(rng)?.clone();
    // Now and then long enough for the lease of its records to run out meanwhile.
    let for_ms = match rng.random_range(0..5_u32) {
        0 => rng.random_range(14_000..18_000),
        _ => rng.random_range(BRIEF_MS),
    };
    Some(process(rng, &machine, SCHEDULER, for_ms))
}

/// What all of them share: the gateway, etcd and CoreDNS.
fn middle(rng: &mut ChaCha12Rng, ground: &Ground) -> Act {
    let for_ms = rng.random_range(BRIEF_MS);
    let whom =
        vec![(3, (&ground.gateway, GATEWAY)), (4, (&ground.etcd, ETCD)), (2, (&ground.dns, DNS))];
    let (machine, component) = weighted(rng, whom).unwrap_or((&ground.gateway, GATEWAY));
    process(rng, machine, component, for_ms)
}

/// A node: its agent, its engine, its link, or what it has to give.
fn node(rng: &mut ChaCha12Rng, ground: &Ground) -> Option<Act> {
    let machine = ground.agents.choose(rng)?.clone();
    let brief = rng.random_range(BRIEF_MS);
    // Every other time so long that the node is given up and its workloads move.
    let lost = ground.node_timeout_ms + rng.random_range(1500..6000);
    let for_ms = if rng.random_bool(0.5) { lost } else { brief };
    Some(match weighted(rng, vec![(35, 0), (25, 1), (20, 2), (10, 3), (10, 4)])? {
        0 => process(rng, &machine, AGENT, for_ms),
        1 => {
            if !ground.can(&machine, Capability::Nft) {
                return None;
            }
            let peers = ground.schedulers.clone();
            let breakage = Breakage::Cut { peers, direction: direction(rng) };
            Act::Fault { machine, breakage, for_ms }
        }
        2 => {
            let component = DOCKER.to_owned();
            let breakage = if rng.random_bool(0.6) {
                Breakage::Pause { component }
            } else {
                Breakage::Kill { component }
            };
            Act::Fault { machine, breakage, for_ms: brief }
        }
        3 => {
            let for_ms = brief.min(2500);
            Act::Fault { machine, breakage: Breakage::FillDisk, for_ms }
        }
        _ => {
            let breakage = if rng.random_bool(0.5) {
                Breakage::Memory { bytes: MEMORY }
            } else {
                Breakage::Cpu { threads: 1 }
            };
            Act::Fault { machine, breakage, for_ms: brief }
        }
    })
}

/// A link between two machines of the platform.
fn link(rng: &mut ChaCha12Rng, ground: &Ground) -> Option<Act> {
    let scheduler = ground.schedulers.choose(rng)?.clone();
    let agent = ground.agents.choose(rng)?.clone();
    let (machine, peers) = weighted(
        rng,
        vec![
            (4, (scheduler.clone(), vec![ground.etcd.clone()])),
            (3, (ground.gateway.clone(), vec![scheduler])),
            (1, (ground.gateway.clone(), vec![ground.dns.clone()])),
            (2, (agent, ground.schedulers.clone())),
        ],
    )?;
    let for_ms = rng.random_range(BRIEF_MS);
    let can = |capability| u32::from(ground.can(&machine, capability));
    let breakage = weighted(
        rng,
        vec![
            (6 * can(Capability::Nft), 0),
            (2 * can(Capability::Loss), 1),
            (2 * can(Capability::Netem), 2),
            (can(Capability::Tbf), 3),
        ],
    )?;
    let breakage = match breakage {
        0 => Breakage::Cut { peers, direction: direction(rng) },
        1 => Breakage::Loss { peers, percent: rng.random_range(10..35) },
        2 => Breakage::Delay { peers, ms: rng.random_range(20..250) },
        _ => Breakage::Rate { bytes_per_second: rng.random_range(32..256) << 10 },
    };
    Some(Act::Fault { machine, breakage, for_ms })
}

fn direction(rng: &mut ChaCha12Rng) -> Direction {
    let ways = vec![(3, Direction::Both), (1, Direction::In), (1, Direction::Out)];
    weighted(rng, ways).unwrap_or(Direction::Both)
}
