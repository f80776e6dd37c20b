//! The times in which one watcher was not there.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// A watcher looks so often.
pub const TICK: Duration = Duration::from_millis(10);
/// A watcher that is less late than this shared its processor, as every process does; nobody
/// is excused by that.
const LEAST: Duration = Duration::from_millis(100);
/// So many are remembered; requests are shorter than this many standstills.
const MOST: usize = 1024;

/// One watcher's record.
#[derive(Debug)]
pub struct Gaps {
    seen: Instant,
    gaps: VecDeque<(Instant, Instant)>,
}

impl Gaps {
    pub fn since(now: Instant) -> Self {
        Self { seen: now, gaps: VecDeque::new() }
    }

    /// The watcher is there.
    pub fn tick(&mut self, now: Instant) {
        if let Some(gap) = self.open(now) {
            if self.gaps.len() == MOST {
                self.gaps.pop_front();
            }
            self.gaps.push_back(gap);
        }
        self.seen = now;
    }

    /// What lies between two moments, and whose end `now` may still be to come.
    pub fn within(
        &self,
        (from, to): (Instant, Instant),
        now: Instant,
    ) -> impl Iterator<Item = (Instant, Instant)> {
        let all = self.gaps.iter().copied().chain(self.open(now));
        all.map(move |(begin, end)| (begin.max(from), end.min(to)))
            .filter(|(begin, end)| begin < end)
    }

    fn open(&self, now: Instant) -> Option<(Instant, Instant)> {
        let due = self.seen + TICK;
        (now.saturating_duration_since(due) >= LEAST).then_some((due, now))
    }
}

/// How long all of these are together; what overlaps counts once.
pub fn together(mut gaps: Vec<(Instant, Instant)>) -> Duration {
    gaps.sort();
    let (mut sum, mut reached) = (Duration::ZERO, None);
    for (begin, end) in gaps {
        let begin = reached.map_or(begin, |reached: Instant| begin.max(reached));
        sum += end.saturating_duration_since(begin);
        reached = reached.max(Some(end));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn sum(gaps: &[&Gaps], range: (Instant, Instant), now: Instant) -> Duration {
        together(gaps.iter().flat_map(|gaps| gaps.within(range, now)).collect())
    }

    #[test]
    fn a_watcher_that_comes_in_time_excuses_nothing() {
        let t = Instant::now();
        let mut gaps = Gaps::since(t);
        for n in 1..=100 {
            gaps.tick(t + 109 * n * MS);
        }
        assert_eq!(sum(&[&gaps], (t, t + 10_900 * MS), t + 11_000 * MS), Duration::ZERO);
    }

    #[test]
    fn what_lies_outside_does_not_count() {
        let t = Instant::now();
        let mut gaps = Gaps::since(t);
        gaps.tick(t + 510 * MS);
        gaps.tick(t + 520 * MS);
        let of = |from: u32, to: u32| sum(&[&gaps], (t + from * MS, t + to * MS), t + 525 * MS);
        assert_eq!(of(0, 600), 500 * MS);
        assert_eq!(of(200, 300), 100 * MS);
        assert_eq!(of(500, 600), 10 * MS);
        assert_eq!(of(510, 525), Duration::ZERO);
    }

    #[test]
    fn who_is_still_away_counts_until_now() {
        let t = Instant::now();
        let gaps = Gaps::since(t);
        assert_eq!(sum(&[&gaps], (t, t + 710 * MS), t + 710 * MS), 700 * MS);
        assert_eq!(sum(&[&gaps], (t, t + 100 * MS), t + 100 * MS), Duration::ZERO);
    }

    #[test]
    fn a_moment_that_two_have_missed_counts_once() {
        let t = Instant::now();
        let (mut one, mut other) = (Gaps::since(t), Gaps::since(t + 200 * MS));
        one.tick(t + 310 * MS);
        other.tick(t + 610 * MS);
        let now = t + 611 * MS;
        one.tick(now - TICK);
        assert_eq!(sum(&[&one], (t, now), now), 300 * MS + 281 * MS);
        assert_eq!(sum(&[&other], (t, now), now), 400 * MS);
        assert_eq!(sum(&[&one, &other], (t, now), now), 600 * MS);
    }
}
