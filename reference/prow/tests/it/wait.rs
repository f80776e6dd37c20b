//! Waiting for something to become the case.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// Asks every 20 ms until there is an answer; fails after 15 s with what was awaited.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    within(Duration::from_secs(15), what, ask).await
}

pub async fn within<T, F: Future<Output = Option<T>>>(
    limit: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks for a while whether something holds all the time.
pub async fn throughout<F: Future<Output = bool>>(
    span: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) {
    let end = Instant::now() + span;
    while Instant::now() < end {
        assert!(ask().await, "it was not so that {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
