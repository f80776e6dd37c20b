//! Keeps the schedulers that are known in step with CoreDNS.

use persys_reference_base::defect;
use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Endpoint, Lookup};
use crate::upstream::Schedulers;

/// The least time between two lookups, however many schedulers fail meanwhile.
const CALM: Duration = Duration::from_millis(500);

/// Looks up every `interval`, and at once when a scheduler fails, until `stop`.
pub async fn watch(
    lookup: Lookup,
    fallback: Option<SocketAddr>,
    interval: Duration,
    schedulers: Arc<Schedulers>,
    stop: CancellationToken,
) {
    let fallback = defect!("configured-address-ignored", None, fallback.map(Endpoint::at));
    let fallback: Vec<Endpoint> = fallback.into_iter().collect();
    let mut last_problem = String::new();
    loop {
        let started = Instant::now();
        match lookup.schedulers().await {
            Ok(found) if found.is_empty() => {
                schedulers.none_found(&fallback);
                report(&mut last_problem, "no scheduler is registered".to_owned());
            }
            Ok(found) => {
                schedulers.found(&found);
                if !std::mem::take(&mut last_problem).is_empty() {
                    tracing::info!("discovery works again");
                }
            }
            Err(error) => {
                schedulers.lookup_failed(&fallback);
                report(&mut last_problem, format!("failed to {error}"));
                defect!("dns-given-up" => {
                    stop.cancelled().await;
                    return;
                });
            }
        }
        // Without a scheduler there is nothing to lose by asking more often.
        let pause =
            if schedulers.is_empty() { interval.min(Duration::from_secs(1)) } else { interval };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep_until(started + pause) => {}
            () = async {
                sleep_until(started + CALM).await;
                schedulers.failure().await;
            } => {}
        }
    }
}

/// Logs a state of discovery once, not at every lookup.
fn report(last: &mut String, problem: String) {
    if *last != problem {
        tracing::warn!(reason = %problem, "discovery found no scheduler");
        *last = problem;
    }
}
