//! What the contract wants "at once", whatever the agents do.

use std::time::Duration;

use crate::{
    context::{Checks, Context},
    probe::Exchange,
};

/// How long an answer to a schedule request or a read may take (contract §3.1: "at once").
const AT_ONCE: Duration = Duration::from_secs(1);

/// The limit on this machine. Who waits for an agent that says nothing waits longer, however
/// slow the machine: until the request has timed out.
pub fn at_once_limit(cx: &Context) -> Duration {
    cx.scaled(AT_ONCE, cx.timings().request_timeout() / 2)
}

pub fn at_once(cx: &Context, checks: &mut Checks, what: &str, exchange: &Exchange) {
    within(checks, what, exchange, Duration::ZERO, at_once_limit(cx));
}

/// The same, beyond what a connection alone costs at this moment.
pub fn at_once_beyond(
    cx: &Context,
    checks: &mut Checks,
    what: &str,
    (exchange, connection): (&Exchange, Duration),
) {
    within(checks, what, exchange, connection, at_once_limit(cx));
}

fn within(
    checks: &mut Checks,
    what: &str,
    exchange: &Exchange,
    connection: Duration,
    limit: Duration,
) {
    // What a connection costs was measured at the same moment, standstill and all: a standstill
    // is not taken off twice.
    let excused = exchange.standstill.max(connection);
    checks.is_true(
        &format!("{what} at once"),
        exchange.duration.saturating_sub(excused) < limit,
        format!(
            "it took {:?}, of which this machine stood still for {:?}; limit {limit:?}",
            exchange.duration, exchange.standstill
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Recorder;

    const MS: Duration = Duration::from_millis(1);

    fn holds(duration: u32, standstill: u32, connection: u32) -> bool {
        let mut checks = Checks::new(Recorder::in_memory());
        let mut exchange = Exchange::example(200, "");
        (exchange.duration, exchange.standstill) = (duration * MS, standstill * MS);
        within(&mut checks, "it is answered", &exchange, connection * MS, AT_ONCE);
        checks.finish().is_ok()
    }

    #[test]
    fn only_what_the_machine_attended_to_counts() {
        assert!(holds(999, 0, 0) && !holds(1000, 0, 0));
        assert!(holds(1424, 500, 0) && !holds(1424, 400, 0));
        assert!(holds(1424, 0, 500) && holds(1424, 500, 200) && !holds(1424, 300, 300));
        assert!(!holds(9000, 3000, 3000), "who waits for an agent is not excused");
    }
}
