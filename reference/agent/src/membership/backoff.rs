//! Growing pauses between attempts.

use std::time::Duration;

/// The first pause, unless the longest one is shorter.
const FIRST: Duration = Duration::from_secs(1);

/// The longest pause there is.
const LONGEST: Duration = Duration::from_secs(30);

/// How far a pause may be off, either way, so that nodes do not come all at once.
const JITTER: f64 = 0.2;

/// Pauses that double from 1 s to 30 s, or to a shorter limit.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// No pause is longer than `limit`, so that short timings make a quick start.
    pub fn new(limit: Duration) -> Self {
        let longest = LONGEST.min(limit);
        Self { next: FIRST.min(longest), longest }
    }

    pub fn pause(&mut self) -> Duration {
        self.pause_with(rand::random_range(-JITTER..=JITTER))
    }

    fn pause_with(&mut self, jitter: f64) -> Duration {
        let pause = self.next;
        self.next = (self.next * 2).min(self.longest);
        pause.mul_f64(1.0 + jitter).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_one_second_to_thirty() {
        let mut backoff = Backoff::new(Duration::from_secs(60));
        let pauses: Vec<u64> = (0..7).map(|_| backoff.pause_with(0.0).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn a_limit_bounds_every_pause() {
        let limit = Duration::from_millis(250);
        let mut backoff = Backoff::new(limit);
        for jitter in [0.2, -0.2, 0.2] {
            assert!(backoff.pause_with(jitter) <= limit);
        }
        assert!(backoff.pause() >= limit.mul_f64(0.79));
    }
}
