//! Who was silent for how long, by this scheduler's own clock.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// Notes when each node's heartbeat was last seen to change. The times in the
/// records are not compared with any clock: another scheduler wrote them.
pub struct Liveness {
    timeout: Duration,
    seen: HashMap<String, (Option<String>, Instant)>,
    last_look: Option<Instant>,
}

impl Liveness {
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, seen: HashMap::new(), last_look: None }
    }

    /// Takes the nodes and their last heartbeats, and gives back who was silent
    /// for the timeout.
    pub fn look<'a>(
        &mut self,
        nodes: impl Iterator<Item = (&'a str, Option<&'a str>)>,
        now: Instant,
    ) -> Vec<String> {
        // While nobody looked (the store was away, so no heartbeat could be
        // written) nobody was silent.
        let gap = self.last_look.map_or(Duration::ZERO, |last| now.duration_since(last));
        let blind = if gap > self.timeout / 4 { gap } else { Duration::ZERO };
        self.last_look = Some(now);
        let mut before = std::mem::take(&mut self.seen);
        let mut silent = Vec::new();
        for (node, beat) in nodes {
            let beat = beat.map(str::to_owned);
            let since = match before.remove(node) {
                Some((known, since)) if known == beat => (since + blind).min(now),
                _ => now,
            };
            if now.duration_since(since) > self.timeout {
                silent.push(node.to_owned());
            }
            self.seen.insert(node.to_owned(), (beat, since));
        }
        silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(5);

    struct Bench {
        liveness: Liveness,
        start: Instant,
    }

    impl Bench {
        fn new() -> Self {
            Self { liveness: Liveness::new(TIMEOUT), start: Instant::now() }
        }

        fn at(&mut self, seconds: u64, beat: &str) -> bool {
            let now = self.start + Duration::from_secs(seconds);
            !self.liveness.look([("a", Some(beat))].into_iter(), now).is_empty()
        }
    }

    #[test]
    fn a_node_is_silent_once_its_beat_stays_the_same_for_the_timeout() {
        let mut bench = Bench::new();
        for second in 0..=5 {
            assert!(!bench.at(second, "1"), "{second}");
        }
        assert!(bench.at(6, "1"));
        assert!(!bench.at(7, "2"));
    }

    #[test]
    fn while_nobody_could_look_nobody_was_silent() {
        let mut bench = Bench::new();
        assert!(!bench.at(0, "1"));
        assert!(!bench.at(1, "1"));
        // The store was away for 29 s.
        assert!(!bench.at(30, "1"));
        for second in 31..=34 {
            assert!(!bench.at(second, "1"), "{second}");
        }
        assert!(bench.at(35, "1"));
    }

    #[test]
    fn a_node_that_was_not_known_has_its_whole_time() {
        let mut bench = Bench::new();
        bench.liveness.look(std::iter::empty(), bench.start);
        assert!(!bench.at(1, "very old"));
    }
}
