//! A share of a selection, for one of several verifiers that run it side by side.

use std::{cmp::Reverse, fmt, str::FromStr, time::Duration};

use super::{Pace, Selected};

/// More shares than one machine or one CI could bear.
const MOST: u32 = 100;

/// The `index`th of `of` shares, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    pub fn index(self) -> u32 {
        self.index
    }

    pub fn of(self) -> u32 {
        self.of
    }

    /// This share of a selection, in the selection's order, but for those that need the machine
    /// for themselves: they come last, when the other shares are done and nobody has to wait. Every
    /// scenario is in exactly one share, and the order of the selection does not matter to which.
    ///
    /// The scenario with the largest budget goes first to the share that has least to do. Those
    /// that need the machine for themselves make the others wait and so burden all shares alike:
    /// they are handed out last, and weigh nothing.
    pub fn share(self, selection: &[Selected], pace: Pace<'_>) -> Vec<Selected> {
        let weight = |selected: &Selected| -> Duration {
            if selected.scenario.is_exclusive() {
                return Duration::ZERO;
            }
            selected.steps.iter().map(|step| pace.resolve(step.budget)).sum()
        };
        let mut heaviest: Vec<(Duration, &'static str)> =
            selection.iter().map(|selected| (weight(selected), selected.scenario.id)).collect();
        heaviest.sort_by_key(|(weight, id)| (Reverse(*weight), *id));
        // How much each share has, and how many: of several with nothing to do the one with
        // fewer scenarios is next.
        let mut loads = vec![(Duration::ZERO, 0_usize); self.of as usize];
        let mut own = Vec::new();
        for (weight, id) in heaviest {
            let least = (0..loads.len()).min_by_key(|n| loads[*n]).unwrap_or_default();
            loads[least].0 += weight;
            loads[least].1 += 1;
            if least + 1 == self.index as usize {
                own.push(id);
            }
        }
        let mine = selection.iter().filter(|selected| own.contains(&selected.scenario.id));
        let mut mine: Vec<Selected> = mine.cloned().collect();
        mine.sort_by_key(|selected| selected.scenario.is_exclusive());
        mine
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        let Some((index, of)) = numbers else {
            return Err("must be I/N, such as 1/2 for the first of two shares".to_owned());
        };
        if !(1..=MOST).contains(&of) {
            return Err(format!("has {of} shares; there can be 1 to {MOST}"));
        }
        if !(1..=of).contains(&index) {
            return Err(format!("there is no share {index} of {of}: they count from 1 to {of}"));
        }
        Ok(Self { index, of })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
#[path = "shard_tests.rs"]
mod tests;
