//! Waiting for something, with a deadline.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// The longest that anything is waited for.
const DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// Looks until `good` holds; else fails with the last thing seen.
pub async fn until<T: Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> T,
    good: impl Fn(&T) -> bool,
) -> T {
    let started = Instant::now();
    loop {
        let seen = look().await;
        if good(&seen) {
            return seen;
        }
        assert!(started.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}, but {seen:#?}");
        tokio::time::sleep(POLL).await;
    }
}
