//! Which nonces were seen lately.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many nonces are kept at most. Only rightly signed ones are, so no
/// stranger can fill the memory; a bearer of the key that sends more than this
/// within the time is refused until the oldest are forgotten.
const CAPACITY: usize = 1 << 18;

/// Whether a nonce may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    New,
    Seen,
    /// The memory is full, so nobody can tell.
    Full,
}

/// Remembers every nonce for a fixed time.
pub struct NonceMemory {
    kept_for: Duration,
    capacity: usize,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    nonces: HashSet<String>,
    by_age: VecDeque<(Instant, String)>,
}

impl NonceMemory {
    pub fn new(kept_for: Duration) -> Self {
        Self { kept_for, capacity: CAPACITY, seen: Mutex::default() }
    }

    /// Remembers a nonce of a request whose signature was good. Of two callers
    /// with the same nonce exactly one is told that it is new.
    pub fn remember(&self, nonce: &str, now: Instant) -> Novelty {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((since, _)) = seen.by_age.front()
            && now.saturating_duration_since(*since) > self.kept_for
        {
            if let Some((_, old)) = seen.by_age.pop_front() {
                seen.nonces.remove(&old);
            }
        }
        if seen.nonces.contains(nonce) {
            return Novelty::Seen;
        }
        if seen.nonces.len() >= self.capacity {
            return Novelty::Full;
        }
        seen.nonces.insert(nonce.to_owned());
        seen.by_age.push_back((now, nonce.to_owned()));
        Novelty::New
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_nonce_is_new_again_only_after_its_time() {
        let memory = NonceMemory::new(Duration::from_secs(60));
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(memory.remember("a", start), Novelty::New);
        assert_eq!(memory.remember("a", after(59)), Novelty::Seen);
        assert_eq!(memory.remember("a", after(60)), Novelty::Seen);
        assert_eq!(memory.remember("a", after(61)), Novelty::New);
        assert_eq!(memory.remember("b", after(61)), Novelty::New);
    }

    #[test]
    fn a_full_memory_forgets_nothing_early() {
        let memory = NonceMemory { capacity: 2, ..NonceMemory::new(Duration::from_secs(60)) };
        let start = Instant::now();
        memory.remember("a", start);
        memory.remember("b", start);
        assert_eq!(memory.remember("c", start), Novelty::Full);
        assert_eq!(memory.remember("a", start), Novelty::Seen);
        assert_eq!(memory.remember("c", start + Duration::from_secs(61)), Novelty::New);
    }

    #[test]
    fn of_many_at_once_exactly_one_is_new() {
        let memory = Arc::new(NonceMemory::new(Duration::from_secs(60)));
        let now = Instant::now();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let memory = memory.clone();
                std::thread::spawn(move || memory.remember("a", now))
            })
            .collect();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(answers.filter(|&answer| answer == Novelty::New).count(), 1);
    }
}
