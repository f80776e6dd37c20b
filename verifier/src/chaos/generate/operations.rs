//! What users ask, at random.

use std::collections::BTreeSet;

use rand::{RngExt, rngs::ChaCha12Rng, seq::IndexedRandom};

use super::{
    super::{Act, Client, Entry, Ground, Kind, Operation},
    weighted,
};

/// Between two operations, in milliseconds.
const PAUSE: std::ops::Range<u64> = 300..1700;
/// Between what two users ask at the same moment.
const MOMENT: std::ops::Range<u64> = 0..40;
/// So many workloads are there at once, as far as the plan can tell.
const FEW: usize = 3;
const MANY: usize = 9;
/// Those that take long to come up.
const PROJECTS: usize = 2;

/// What the plan has asked for so far.
#[derive(Default)]
struct Book {
    next: u32,
    there: Vec<u32>,
    projects: BTreeSet<u32>,
    /// Those that end by themselves: there is nothing to stop or to start.
    one_shots: BTreeSet<u32>,
    stopped: BTreeSet<u32>,
}

pub fn operations(rng: &mut ChaCha12Rng, duration_ms: u64, ground: &Ground) -> Vec<Entry> {
    let mut book = Book::default();
    let mut entries = Vec::new();
    let mut at_ms = rng.random_range(0..300);
    while at_ms < duration_ms {
        let operation = book.next(rng, ground);
        let client = if rng.random_bool(0.7) { Client::Gateway } else { Client::Cli };
        // A client that hears no answer may ask the same at the same time.
        let second = rng.random_bool(0.15).then(|| {
            let operation = book.beside(rng, &operation);
            let at_ms = at_ms + rng.random_range(MOMENT);
            Entry { at_ms, act: Act::Operation { client: other(client), operation } }
        });
        entries.push(Entry { at_ms, act: Act::Operation { client, operation } });
        entries.extend(second);
        at_ms += rng.random_range(PAUSE);
    }
    // What is asked last decides what is so in the end: without it, a platform that stops nothing
    // is noticed by luck alone.
    if let Some(workload) = book.stop_in_the_end(rng, ground) {
        let operation = Operation::Stop { workload };
        let at_ms = duration_ms.saturating_sub(1);
        entries.push(Entry { at_ms, act: Act::Operation { client: Client::Gateway, operation } });
    }
    entries.sort_by_key(|entry| entry.at_ms);
    entries
}

fn other(client: Client) -> Client {
    match client {
        Client::Gateway => Client::Cli,
        Client::Cli => Client::Gateway,
    }
}

impl Book {
    fn next(&mut self, rng: &mut ChaCha12Rng, ground: &Ground) -> Operation {
        if self.there.len() < FEW {
            return self.schedule(rng, ground);
        }
        let pick = |rng: &mut ChaCha12Rng, from: &[u32]| from.choose(rng).copied();
        let running = self.running();
        let stopped: Vec<u32> = self.stopped.iter().copied().collect();
        let wishes = u32::from(ground.has_desired_state);
        let any = |n: usize, weight: u32| if n == 0 { 0 } else { weight };
        let choices = vec![
            (if self.there.len() < MANY { 26 } else { 0 }, 0),
            (7, 1),
            (if self.there.len() < MANY { 9 } else { 40 }, 2),
            (any(running.len(), 5 * wishes), 3),
            (any(stopped.len(), 8 * wishes), 4),
            (18, 5),
            (7, 6),
            (14, 7),
            (6, 8),
        ];
        let there = self.there.clone();
        match weighted(rng, choices).unwrap_or(7) {
            0 => self.schedule(rng, ground),
            choice => {
                let from = match choice {
                    3 => &running,
                    4 => &stopped,
                    _ => &there,
                };
                let Some(workload) = pick(rng, from) else { return Operation::List };
                match choice {
                    1 => Operation::Repeat { workload },
                    2 => {
                        self.forget(workload);
                        Operation::Delete { workload }
                    }
                    3 => {
                        self.stopped.insert(workload);
                        Operation::Stop { workload }
                    }
                    4 => {
                        self.stopped.remove(&workload);
                        Operation::Start { workload }
                    }
                    5 => Operation::Get { workload },
                    6 => Operation::Logs { workload },
                    8 => Operation::Nodes,
                    _ => Operation::List,
                }
            }
        }
    }

    /// Those that are to run until somebody stops them.
    fn running(&self) -> Vec<u32> {
        let stays = |w: &u32| !self.stopped.contains(w) && !self.one_shots.contains(w);
        self.there.iter().copied().filter(stays).collect()
    }

    /// One that is still to be stopped, unless something is to be stopped already.
    fn stop_in_the_end(&self, rng: &mut ChaCha12Rng, ground: &Ground) -> Option<u32> {
        let wanted = ground.has_desired_state && self.stopped.is_empty();
        if wanted { self.running().choose(rng).copied() } else { None }
    }

    /// What goes with an operation at the same moment.
    fn beside(&self, rng: &mut ChaCha12Rng, operation: &Operation) -> Operation {
        match operation {
            // The race that an id is for.
            Operation::Schedule { workload, .. } if rng.random_bool(0.6) => {
                Operation::Repeat { workload: *workload }
            }
            Operation::Delete { workload } if rng.random_bool(0.5) => {
                Operation::Delete { workload: *workload }
            }
            Operation::Get { workload } => Operation::Get { workload: *workload },
            _ => Operation::List,
        }
    }

    fn schedule(&mut self, rng: &mut ChaCha12Rng, ground: &Ground) -> Operation {
        let workload = self.next;
        self.next += 1;
        let room = self.projects.len() < PROJECTS;
        let git = room && ground.github.is_some();
        let choices = vec![
            (60, Kind::Service),
            (20, Kind::OneShot),
            (if room { 12 } else { 0 }, Kind::Compose),
            (if git { 8 } else { 0 }, Kind::Git),
        ];
        let kind = weighted(rng, choices).unwrap_or(Kind::Service);
        let pinned = rng.random_bool(0.25);
        let node = if pinned { ground.distinct.choose(rng).cloned() } else { None };
        self.there.push(workload);
        match kind {
            Kind::Compose | Kind::Git => drop(self.projects.insert(workload)),
            Kind::OneShot => drop(self.one_shots.insert(workload)),
            Kind::Service => {}
        }
        Operation::Schedule { workload, kind, node }
    }

    fn forget(&mut self, workload: u32) {
        self.there.retain(|there| *there != workload);
        for set in [&mut self.projects, &mut self.one_shots, &mut self.stopped] {
            set.remove(&workload);
        }
    }
}
