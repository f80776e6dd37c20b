//! What the contract wants "at once", whatever the agents do.

use std::time::Duration;

use crate::engine::{Checks, Context};

/// How long an answer to a schedule request or a read may take (contract §3.1: "at once").
const AT_ONCE: Duration = Duration::from_secs(1);

/// The limit on this machine. Who waits for an agent that says nothing waits longer, however
/// slow the machine: until the request has timed out.
pub fn at_once_limit(cx: &Context) -> Duration {
    cx.scaled(AT_ONCE, cx.timings().request_timeout() / 2)
}

pub fn at_once(cx: &Context, checks: &mut Checks, what: &str, took: Duration) {
    let limit = at_once_limit(cx);
    checks.is_true(
        &format!("{what} at once"),
        took < limit,
        format!("it took {took:?}, limit {limit:?}"),
    );
}
