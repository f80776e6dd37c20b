//! Randomness that can be had again.

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// The generator of `PERSYS_SEED`, or of a new seed; which one it is, is printed.
pub(crate) fn generator() -> StdRng {
    let seed = match std::env::var("PERSYS_SEED") {
        Ok(seed) => seed.parse().expect("PERSYS_SEED is a number"),
        Err(_) => rand::random(),
    };
    println!("PERSYS_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

pub(crate) fn bytes(random: &mut StdRng, length: usize) -> Vec<u8> {
    (0..length).map(|_| random.random()).collect()
}
