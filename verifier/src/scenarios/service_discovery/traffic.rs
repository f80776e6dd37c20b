//! Requests in a steady stream while something goes on, and what became of them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use persys_contract::ErrorCode;
use reqwest::Method;
use serde_json::json;
use tokio::task::{AbortHandle, JoinSet};

use crate::{
    engine::{Checks, Context, Progress, StepError, StepResult},
    probe::{ApiProbe, Exchange},
};

/// For so long requests may fail while one scheduler is left (contract §5).
pub const LONGEST_FAILURE: Duration = Duration::from_secs(2);
/// Between two requests. A new one does not wait for the one before it.
const EVERY: Duration = Duration::from_millis(150);
/// What takes longer has failed, and what came of it does not matter.
const GIVE_UP: Duration = Duration::from_secs(6);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Safe: it is tried on the next scheduler.
    Read,
    /// Tried again only when it was never sent.
    Order,
}

/// One request that has ended.
#[derive(Clone, Debug)]
pub struct Hit {
    pub kind: Kind,
    pub sent: Instant,
    pub took: Duration,
    /// Why it has failed.
    pub failure: Option<Failure>,
}

#[derive(Clone, Debug)]
pub struct Failure {
    /// Whether it is the 502 of a connection that broke.
    pub broke: bool,
    pub text: String,
}

/// Reads and orders, by turns, until it is dropped.
pub struct Traffic {
    hits: Arc<Mutex<Vec<Hit>>>,
    task: AbortHandle,
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Traffic {
    pub fn start(cx: &Context) -> Self {
        let gateway = cx.gateway().with_timeout(GIVE_UP);
        let hits = Arc::<Mutex<Vec<Hit>>>::default();
        let task = tokio::spawn(send_by_turns(gateway, hits.clone())).abort_handle();
        Self { hits, task }
    }

    /// Every request that has ended, in the order in which they were sent.
    pub fn hits(&self) -> Vec<Hit> {
        let mut hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner).clone();
        hits.sort_by_key(|hit| hit.sent);
        hits
    }

    /// Waits until a request was sent this long after `from` and has ended.
    pub async fn until(&self, cx: &Context, from: Instant, span: Duration) -> StepResult {
        let what = format!("requests went on for {:.1} s", span.as_secs_f64());
        cx.wait(what, || async {
            let hits = self.hits();
            match hits.iter().rfind(|hit| hit.sent >= from + span) {
                Some(_) => Progress::Ready(()),
                None => Progress::not_yet(format!("{} requests have ended", hits.len())),
            }
        })
        .await
    }
}

async fn send_by_turns(gateway: ApiProbe, hits: Arc<Mutex<Vec<Hit>>>) {
    // Dropped, and with it what is under way, when this is.
    let mut under_way = JoinSet::new();
    let mut tick = tokio::time::interval(EVERY);
    for kind in [Kind::Read, Kind::Order].into_iter().cycle() {
        tick.tick().await;
        while under_way.try_join_next().is_some() {}
        let (gateway, hits) = (gateway.clone(), hits.clone());
        under_way.spawn(async move {
            let sent = Instant::now();
            let failure = send(&gateway, kind).await;
            let hit = Hit { kind, sent, took: sent.elapsed(), failure };
            hits.lock().unwrap_or_else(PoisonError::into_inner).push(hit);
        });
    }
}

/// An order is one that a scheduler turns down, so that nothing is left of it.
async fn send(gateway: &ApiProbe, kind: Kind) -> Option<Failure> {
    let outcome = match kind {
        Kind::Read => gateway.request(Method::GET, "/nodes", None).await,
        Kind::Order => {
            let nothing = json!({});
            gateway.request(Method::POST, "/workloads/schedule", Some(&nothing)).await
        }
    };
    let expected = |answer: &Exchange| match kind {
        Kind::Read => answer.status == 200,
        Kind::Order => answer.is_refusal(ErrorCode::InvalidWorkload),
    };
    match outcome {
        Ok(answer) if expected(&answer) => None,
        Ok(answer) => Some(Failure {
            broke: answer.is_refusal(ErrorCode::SchedulerUnreachable),
            text: answer.to_string(),
        }),
        Err(error) => Some(Failure { broke: false, text: format!("failed to {error}") }),
    }
}

/// From the first request that failed to the end of the next one that did not.
#[derive(Debug, PartialEq, Eq)]
pub struct Outage {
    pub lasted: Duration,
    pub failed: usize,
}

/// The longest stretch in which no request of a kind succeeded in time.
pub fn longest_outage<'a>(hits: impl Iterator<Item = &'a Hit>) -> Option<Outage> {
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
        if hit.failure.is_some() || hit.took > LONGEST_FAILURE {
            let (since, until, failed) = open.unwrap_or((hit.sent, end, 0));
            open = Some((since, until.max(end), failed + 1));
        } else if let Some((since, _, failed)) = open.take() {
            close((since, end, failed));
        }
    }
    // Nothing came after it, so it lasted at least until its last failure.
    open.into_iter().for_each(&mut close);
    longest
}

/// Holds the requests sent since `from` against contract §3.1 and §5: no read
/// fails, an order only with a connection that breaks, and neither for long.
pub fn judge(cx: &Context, checks: &mut Checks, hits: &[Hit], from: Instant) -> StepResult {
    let since: Vec<_> = hits.iter().filter(|hit| hit.sent >= from).collect();
    if since.is_empty() {
        return Err(StepError::error("no request was sent meanwhile"));
    }
    for (kind, name) in [(Kind::Read, "reads"), (Kind::Order, "orders")] {
        let these = || since.iter().copied().filter(|hit| hit.kind == kind);
        let wrong: Vec<_> = these()
            .filter_map(|hit| hit.failure.as_ref())
            .filter(|failure| kind == Kind::Read || !failure.broke)
            .map(|failure| failure.text.as_str())
            .collect();
        checks.is_true(
            &format!("{name} that failed otherwise than the contract lets them"),
            wrong.is_empty(),
            format!(
                "{} of {}, the first: {}",
                wrong.len(),
                these().count(),
                wrong.first().unwrap_or(&"")
            ),
        );
        let outage = longest_outage(these());
        let lasted = outage.as_ref().map_or(Duration::ZERO, |outage| outage.lasted);
        checks.is_true(
            &format!("no stretch of failing {name} is longer than {LONGEST_FAILURE:?}"),
            lasted <= LONGEST_FAILURE,
            format!("{outage:?}"),
        );
    }
    let slowest = since.iter().map(|hit| hit.took).max().unwrap_or_default();
    let failed = since.iter().filter(|hit| hit.failure.is_some()).count();
    cx.record(
        "traffic",
        format!("{} requests, {failed} failed, the slowest took {slowest:.1?}", since.len()),
        json!({ "requests": since.len(), "failed": failed, "slowestMs": slowest.as_millis() as u64 }),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(start: Instant, sent: u64, took: u64, fails: bool) -> Hit {
        let failure = fails.then(|| Failure { broke: false, text: "no".to_owned() });
        let sent = start + Duration::from_millis(sent);
        Hit { kind: Kind::Read, sent, took: Duration::from_millis(took), failure }
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
        let outage = longest_outage(hits.iter()).unwrap();
        assert_eq!(outage, Outage { lasted: Duration::from_millis(250), failed: 2 });
        assert_eq!(longest_outage(hits[..1].iter()), None);
    }

    #[test]
    fn what_hangs_counts_as_long_as_it_hung() {
        let t = Instant::now();
        let slow = [hit(t, 0, 2500, false)];
        assert_eq!(longest_outage(slow.iter()).unwrap().lasted, Duration::from_millis(2500));
        let last = [hit(t, 0, 10, true), hit(t, 100, 3000, true)];
        assert_eq!(longest_outage(last.iter()).unwrap().lasted, Duration::from_millis(3100));
    }
}
