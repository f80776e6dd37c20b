//! How soon whoever asks is told that the store is away (contract §6).

use std::time::Duration;

use crate::context::{Checks, Context};

/// Within 5 s, and what the verifier's own way takes.
const WITHIN: Duration = Duration::from_millis(5500);
/// On a slow machine: less than the ten seconds after which a client of etcd gives up by itself.
const AT_MOST: Duration = Duration::from_secs(9);

pub fn refused_without_store(cx: &Context, checks: &mut Checks, what: &str, took: Duration) {
    let limit = cx.scaled(WITHIN, AT_MOST);
    checks.is_true(
        &format!("{what} within 5 s"),
        took <= limit,
        format!("it took {took:.1?}, limit {limit:?}"),
    );
}
