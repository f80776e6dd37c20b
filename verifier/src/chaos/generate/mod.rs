//! Makes a plan of a seed. Nothing but the seed, the time and the machines goes in, so the same
//! ones make the same plan, byte by byte.

mod faults;
mod operations;

use std::time::Duration;

use rand::{SeedableRng, rngs::ChaCha12Rng};

use super::{ChaosPlan, Ground, plan::PLAN_SCHEMA};

/// Operations and disturbances have random numbers of their own: where a fault cannot be had,
/// the same is asked all the same.
pub fn generate(seed: u64, duration: Duration, ground: &Ground) -> ChaosPlan {
    let mut root = ChaCha12Rng::seed_from_u64(seed);
    let mut for_operations = ChaCha12Rng::from_rng(&mut root);
    let mut for_faults = ChaCha12Rng::from_rng(&mut root);
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let operations = operations::operations(&mut for_operations, duration_ms, ground);
    let faults = faults::faults(&mut for_faults, duration_ms, ground, &operations);
    let mut entries = operations;
    entries.extend(faults);
    // Stable: what is due at the same moment stays in the order in which it was made.
    entries.sort_by_key(|entry| entry.at_ms);
    ChaosPlan { schema: PLAN_SCHEMA, seed, duration_ms, left_out: ground.lacks(), entries }
}

/// One of several, each as likely as its weight. Nothing of nothing.
fn weighted<T>(rng: &mut ChaCha12Rng, choices: Vec<(u32, T)>) -> Option<T> {
    use rand::RngExt;

    let total: u32 = choices.iter().map(|(weight, _)| weight).sum();
    if total == 0 {
        return None;
    }
    let mut left = rng.random_range(0..total);
    for (weight, choice) in choices {
        if left < weight {
            return Some(choice);
        }
        left -= weight;
    }
    None
}

#[cfg(test)]
#[path = "generate_tests.rs"]
mod tests;
