//! One scheduler among several stops answering, and goes on accepting connections.

use std::time::{Duration, Instant};

use super::{
    hits::{Hit, How, Kind},
    site::{
        SCHEDULER, schedulers, several_schedulers, until_known, until_one_leads, until_serving,
    },
    traffic::{Traffic, fail_not_for_long, fail_only, longest_failure, record},
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
};

/// How long requests are watched beyond the time for which they may fail.
const AFTERMATH: Duration = Duration::from_secs(1);

/// A read that gets no answer is one that fails, and is tried on the next scheduler. An order
/// that was sent may have been carried out: it is told as late, and later ones are served.
pub async fn requests_go_on(cx: &mut Context) -> StepResult {
    let all = several_schedulers(cx)?;
    let machines: Vec<_> = all.keys().map(String::as_str).collect();
    let leader = until_one_leads(cx, &machines).await?;
    let Some(&machine) = machines.iter().find(|machine| **machine != leader) else {
        return Err(StepError::error("every scheduler leads"));
    };
    // Its connections are warm when it happens.
    until_serving(cx, &[machine]).await?;
    let traffic = Traffic::start(cx);
    traffic.until(cx, Instant::now(), Duration::from_millis(500)).await?;
    let at = Instant::now();
    let fault = cx.faults(machine).pause(SCHEDULER).await?;
    let over = Instant::now() + longest_failure(cx);
    traffic.until(cx, at, over.saturating_duration_since(at) + AFTERMATH).await?;
    let hits = traffic.hits();
    drop(traffic);
    fault.heal().await?;

    let of = |kind: Kind| hits.iter().filter(move |hit| hit.kind == kind);
    let reads: Vec<&Hit> = of(Kind::Read).filter(|hit| hit.sent >= at).collect();
    let (later, earlier): (Vec<&Hit>, Vec<&Hit>) =
        of(Kind::Order).partition(|hit| hit.sent >= over);
    if later.is_empty() {
        return Err(StepError::error("no order was sent after the time for which orders may fail"));
    }
    let mut checks = cx.checks();
    fail_only(&mut checks, Kind::Read, &reads, &[]);
    fail_not_for_long(cx, &mut checks, Kind::Read, &reads);
    fail_only(&mut checks, Kind::Order, &earlier, &[How::Broke, How::Late]);
    fail_only(&mut checks, Kind::Order, &later, &[]);
    fail_not_for_long(cx, &mut checks, Kind::Order, &later);
    record(cx, &hits.iter().filter(|hit| hit.sent >= at).collect::<Vec<_>>());
    checks.finish()?;
    until_known(cx, schedulers(cx).len()).await?;
    until_serving(cx, &[machine]).await
}
