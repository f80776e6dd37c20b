//! Requests in a steady stream while something goes on, and what became of them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use persys_contract::ErrorCode;
use reqwest::Method;
use serde_json::json;
use tokio::task::{AbortHandle, JoinSet};

use super::hits::{End, Failure, Hit, Hits, How, Kind, longest_outage};
use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepError, StepResult},
    probe::{ApiProbe, Exchange},
};

/// For so long requests may fail while one scheduler is left (contract §5).
const LONGEST_FAILURE: Duration = Duration::from_secs(2);
/// Between two requests. A new one does not wait for the one before it.
const EVERY: Duration = Duration::from_millis(150);
/// Two of each: a gateway that asks two schedulers in turn would send all reads to the one and
/// all orders to the other if they came one by one.
const TURNS: [Kind; 4] = [Kind::Read, Kind::Read, Kind::Order, Kind::Order];
/// What takes longer than the gateway may has failed, and what came of it does not matter.
const GIVE_UP_AFTER: Duration = Duration::from_secs(1);

/// The longest failure on this machine. Who waits for a scheduler that says nothing waits
/// longer, however slow the machine: until the request has timed out.
pub fn longest_failure(cx: &Context) -> Duration {
    cx.scaled(LONGEST_FAILURE, cx.timings().request_timeout() / 2)
}

/// Reads and orders, by turns, until it is dropped.
pub struct Traffic {
    hits: Shared,
    task: AbortHandle,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Hits>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Hits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Traffic {
    pub fn start(cx: &Context) -> Self {
        let give_up = cx.timings().request_timeout() + GIVE_UP_AFTER;
        let gateway = cx.gateway().with_timeout(give_up);
        let hits = Shared::default();
        let task = tokio::spawn(send_by_turns(gateway, hits.clone())).abort_handle();
        Self { hits, task }
    }

    /// Every request so far, in the order in which they were sent.
    pub fn hits(&self) -> Vec<Hit> {
        self.hits.lock().all(Instant::now())
    }

    /// Waits until requests were sent for this long after `from` and all of them have ended.
    pub async fn until(&self, cx: &Context, from: Instant, span: Duration) -> StepResult {
        let what = format!("requests went on for {:.1} s, and have ended", span.as_secs_f64());
        cx.wait(what, || async {
            match self.hits.lock().open_before(from + span) {
                Some(0) => Progress::Ready(()),
                Some(open) => Progress::not_yet(format!("{open} requests are under way")),
                None => Progress::not_yet("more requests are to be sent"),
            }
        })
        .await
    }
}

async fn send_by_turns(gateway: ApiProbe, hits: Shared) {
    // Dropped, and with it what is under way, when this is.
    let mut under_way = JoinSet::new();
    let mut tick = tokio::time::interval(EVERY);
    for kind in TURNS.into_iter().cycle() {
        tick.tick().await;
        while under_way.try_join_next().is_some() {}
        let (gateway, hits) = (gateway.clone(), hits.clone());
        let number = hits.lock().begin(kind, Instant::now());
        under_way.spawn(async move {
            let failure = send(&gateway, kind).await;
            hits.lock().end(number, Instant::now(), failure);
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
        Ok(answer) => Some(Failure { how: how(&answer), text: answer.to_string() }),
        Err(error) => Some(Failure { how: How::Otherwise, text: format!("failed to {error}") }),
    }
}

fn how(answer: &Exchange) -> How {
    if answer.is_refusal(ErrorCode::SchedulerUnreachable) {
        How::Broke
    } else if answer.is_refusal(ErrorCode::SchedulerTimeout) {
        How::Late
    } else {
        How::Otherwise
    }
}

/// Holds the requests sent since `from` against contract §3.1 and §5: no read
/// fails, an order only with a connection that breaks, and neither for long.
pub fn judge(cx: &Context, checks: &mut Checks, hits: &[Hit], from: Instant) -> StepResult {
    let since: Vec<_> = hits.iter().filter(|hit| hit.sent >= from).collect();
    if since.is_empty() {
        return Err(StepError::error("no request was sent meanwhile"));
    }
    for kind in [Kind::Read, Kind::Order] {
        let these: Vec<_> = since.iter().copied().filter(|hit| hit.kind == kind).collect();
        let may_fail: &[How] = if kind == Kind::Read { &[] } else { &[How::Broke] };
        fail_only(checks, kind, &these, may_fail);
        fail_not_for_long(cx, checks, kind, &these);
    }
    record(cx, &since);
    Ok(())
}

/// Checks that requests of a kind failed in no other way than they may.
pub fn fail_only(checks: &mut Checks, kind: Kind, hits: &[&Hit], may_fail: &[How]) {
    let failures = hits.iter().filter_map(|hit| hit.failure());
    let wrong: Vec<_> = failures.filter(|failure| !may_fail.contains(&failure.how)).collect();
    checks.is_true(
        &format!("{} that failed otherwise than the contract lets them", name(kind)),
        wrong.is_empty(),
        format!(
            "{} of {}, the first: {}",
            wrong.len(),
            hits.len(),
            wrong.first().map_or("", |failure| failure.text.as_str())
        ),
    );
}

/// Checks that none of them hung or failed for longer than the contract has it.
pub fn fail_not_for_long(cx: &Context, checks: &mut Checks, kind: Kind, hits: &[&Hit]) {
    let limit = longest_failure(cx);
    let outage = longest_outage(hits.iter().copied(), limit);
    let lasted = outage.as_ref().map_or(Duration::ZERO, |outage| outage.lasted);
    checks.is_true(
        &format!("no stretch of failing {} is longer than {limit:?}", name(kind)),
        lasted <= limit,
        format!("{outage:?}"),
    );
}

/// Checks that none failed that was sent so long after a death as requests may fail: one in two
/// that fails is no stretch of failures, and no service either.
pub fn none_fails_later(cx: &Context, checks: &mut Checks, hits: &[Hit], death: Instant) {
    let limit = longest_failure(cx);
    for kind in [Kind::Read, Kind::Order] {
        let later: Vec<_> =
            hits.iter().filter(|hit| hit.kind == kind && hit.sent >= death + limit).collect();
        let failures: Vec<_> = later.iter().filter_map(|hit| hit.failure()).collect();
        checks.is_true(
            &format!("{} sent {limit:?} after the death are served", name(kind)),
            !later.is_empty() && failures.is_empty(),
            format!(
                "{} of {} failed{}",
                failures.len(),
                later.len(),
                failures.first().map_or(String::new(), |f| format!(", the first: {}", f.text))
            ),
        );
    }
}

pub fn record(cx: &Context, hits: &[&Hit]) {
    let slowest = hits.iter().map(|hit| hit.took).max().unwrap_or_default();
    let failed = hits.iter().filter(|hit| hit.failure().is_some()).count();
    let open = hits.iter().filter(|hit| hit.end == End::Open).count();
    let text = format!(
        "{} requests, {failed} failed, {open} are under way, the slowest took {slowest:.1?}",
        hits.len()
    );
    let slowest_ms = slowest.as_millis() as u64;
    cx.record(
        "traffic",
        text,
        json!({ "requests": hits.len(), "failed": failed, "open": open, "slowestMs": slowest_ms }),
    );
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Read => "reads",
        Kind::Order => "orders",
    }
}
