//! Requests that were sent, what became of them, and for how long they failed.

use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Safe: it is tried on the next scheduler.
    Read,
    /// Tried again only when it was never sent.
    Order,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub kind: Kind,
    pub sent: Instant,
    /// Until it ended, or so far.
    pub took: Duration,
    pub end: End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Served,
    Failed(Failure),
    /// It is still under way.
    Open,
}

/// Why a request has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub how: How,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The 502 of a connection that broke.
    Broke,
    /// The 504 of a scheduler that does not answer.
    Late,
    Otherwise,
}

impl Hit {
    pub fn failure(&self) -> Option<&Failure> {
        match &self.end {
            End::Failed(failure) => Some(failure),
            End::Served | End::Open => None,
        }
    }

    /// It has failed, or has kept whoever sent it waiting for longer than it may.
    fn fails(&self, limit: Duration) -> bool {
        self.failure().is_some() || self.took > limit
    }
}

/// Requests in the order in which they were sent, known from then on.
#[derive(Debug, Default)]
pub struct Hits(Vec<Sent>);

#[derive(Debug)]
struct Sent {
    kind: Kind,
    at: Instant,
    ended: Option<(Instant, Option<Failure>)>,
}

impl Hits {
    /// Notes a request that is sent now, and gives its number.
    pub fn begin(&mut self, kind: Kind, at: Instant) -> usize {
        self.0.push(Sent { kind, at, ended: None });
        self.0.len() - 1
    }

    pub fn end(&mut self, number: usize, at: Instant, failure: Option<Failure>) {
        if let Some(sent) = self.0.get_mut(number) {
            sent.ended = Some((at, failure));
        }
    }

    pub fn all(&self, now: Instant) -> Vec<Hit> {
        let hit = |sent: &Sent| {
            let (until, end) = match &sent.ended {
                None => (now, End::Open),
                Some((at, None)) => (*at, End::Served),
                Some((at, Some(failure))) => (*at, End::Failed(failure.clone())),
            };
            let took = until.saturating_duration_since(sent.at);
            Hit { kind: sent.kind, sent: sent.at, took, end }
        };
        self.0.iter().map(hit).collect()
    }

    /// How many of those that were sent before are under way, if any was sent since.
    pub fn open_before(&self, end: Instant) -> Option<usize> {
        self.0.iter().rfind(|sent| sent.at >= end)?;
        Some(self.0.iter().filter(|sent| sent.at < end && sent.ended.is_none()).count())
    }
}

/// From the first request that failed to the end of the next one that did not.
#[derive(Debug, PartialEq, Eq)]
pub struct Outage {
    pub lasted: Duration,
    pub failed: usize,
}

/// The longest stretch in which no request of a kind succeeded in time. One that hung
/// is as long a stretch by itself, whatever others fared meanwhile.
pub fn longest_outage<'a>(hits: impl Iterator<Item = &'a Hit>, limit: Duration) -> Option<Outage> {
    let mut longest: Option<Outage> = None;
    let mut open: Option<(Instant, Instant, usize)> = None;
    let mut close = |(since, until, failed): (Instant, Instant, usize)| {
        let outage = Outage { lasted: until.saturating_duration_since(since), failed };
        if longest.as_ref().is_none_or(|known| outage.lasted > known.lasted) {
            longest = Some(outage);
        }
    };
    for hit in hits {
        let end = hit.sent + hit.took;
        if hit.fails(limit) {
            let (since, until, failed) = open.unwrap_or((hit.sent, end, 0));
            open = Some((since, until.max(end), failed + 1));
        } else if hit.end == End::Open {
            // Nobody knows yet.
        } else if let Some((since, until, failed)) = open.take() {
            close((since, until.max(end), failed));
        }
    }
    // Nothing came after it, so it lasted at least until its last failure.
    open.into_iter().for_each(&mut close);
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(2);

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn failure() -> Failure {
        Failure { how: How::Otherwise, text: "no".to_owned() }
    }

    fn hit(start: Instant, sent: u64, took: u64, fails: bool) -> Hit {
        let end = if fails { End::Failed(failure()) } else { End::Served };
        Hit { kind: Kind::Read, sent: start + ms(sent), took: ms(took), end }
    }

    fn outage(hits: &[Hit]) -> Option<Outage> {
        longest_outage(hits.iter(), LIMIT)
    }

    #[test]
    fn an_outage_ends_with_the_next_success() {
        let t = Instant::now();
        let hits = [
            hit(t, 0, 10, false),
            hit(t, 100, 10, true),
            hit(t, 200, 10, true),
            hit(t, 300, 50, false),
            hit(t, 400, 10, true),
            hit(t, 500, 10, false),
        ];
        assert_eq!(outage(&hits), Some(Outage { lasted: ms(250), failed: 2 }));
        assert_eq!(outage(&hits[..1]), None);
    }

    #[test]
    fn what_hangs_counts_as_long_as_it_hung() {
        let t = Instant::now();
        let slow = [hit(t, 0, 2500, false)];
        assert_eq!(outage(&slow).unwrap().lasted, ms(2500));
        let last = [hit(t, 0, 10, true), hit(t, 100, 3000, true)];
        assert_eq!(outage(&last).unwrap().lasted, ms(3100));
        // Others that were served meanwhile make it no shorter.
        let among = [hit(t, 0, 3000, false), hit(t, 150, 10, false)];
        assert_eq!(outage(&among).unwrap().lasted, ms(3000));
    }

    #[test]
    fn what_is_under_way_counts_once_it_has_hung_for_too_long() {
        let t = Instant::now();
        let mut hits = Hits::default();
        let hanging = hits.begin(Kind::Read, t);
        let quick = hits.begin(Kind::Read, t + ms(150));
        hits.end(quick, t + ms(160), None);
        assert_eq!(outage(&hits.all(t + ms(1000))), None);
        let known = hits.all(t + ms(3000));
        assert_eq!(known[0].end, End::Open);
        assert_eq!(outage(&known), Some(Outage { lasted: ms(3000), failed: 1 }));
        hits.end(hanging, t + ms(4000), Some(failure()));
        assert_eq!(outage(&hits.all(t + ms(9000))).unwrap().lasted, ms(4000));
    }

    #[test]
    fn one_under_way_neither_ends_an_outage_nor_lengthens_it() {
        let t = Instant::now();
        let mut hits = Hits::default();
        let failed = hits.begin(Kind::Order, t);
        hits.end(failed, t + ms(10), Some(failure()));
        hits.begin(Kind::Order, t + ms(100));
        assert_eq!(outage(&hits.all(t + ms(1500))).unwrap().lasted, ms(10));
    }

    #[test]
    fn a_span_is_over_once_all_that_were_sent_in_it_have_ended() {
        let t = Instant::now();
        let mut hits = Hits::default();
        let hanging = hits.begin(Kind::Read, t);
        assert_eq!(hits.open_before(t + ms(100)), None);
        let later = hits.begin(Kind::Read, t + ms(150));
        hits.end(later, t + ms(160), None);
        assert_eq!(hits.open_before(t + ms(100)), Some(1));
        hits.end(hanging, t + ms(5000), None);
        assert_eq!(hits.open_before(t + ms(100)), Some(0));
    }
}
