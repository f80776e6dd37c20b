//! A lease that is kept alive for as long as this scheduler lives.

use persys_reference_base::defect;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::store::{Renewal, Store};

/// How soon a renewal that failed is tried again.
const RETRY: Duration = Duration::from_millis(300);

/// A lease that the store knows, at least until `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub id: i64,
    /// Counted from before the last renewal was sent, so never later than the
    /// store's own view.
    pub until: Instant,
}

impl Hold {
    pub fn is_valid(&self) -> bool {
        Instant::now() < self.until
    }
}

/// The lease as it is now; none before it was granted and after it was lost.
pub type LeaseWatch = watch::Receiver<Option<Hold>>;

/// Holds a lease of `seconds`, renewed at a third of its time and granted anew
/// when the store has lost it. Returns, with the lease given back, when stopped.
pub async fn keep_lease(
    store: Store,
    seconds: i64,
    state: watch::Sender<Option<Hold>>,
    stop: CancellationToken,
) {
    let lifetime = Duration::from_secs(seconds.unsigned_abs());
    let mut lease: Option<i64> = None;
    while !stop.is_cancelled() {
        let asked = Instant::now();
        let outcome = match lease {
            None => store.grant_lease(seconds).await.map(Some),
            Some(id) => store.renew_lease(id).await.map(|renewal| match renewal {
                Renewal::Renewed => Some(id),
                Renewal::Gone => None,
            }),
        };
        let pause = match outcome {
            Ok(Some(id)) => {
                lease = Some(id);
                state.send_replace(Some(Hold { id, until: asked + lifetime }));
                defect!("lease-runs-out", lifetime * 2, lifetime / 3)
            }
            Ok(None) => {
                tracing::warn!("the store has lost this scheduler's lease; asking for another");
                lease = None;
                state.send_replace(None);
                continue;
            }
            Err(error) => {
                tracing::warn!("failed to keep the lease: {error}");
                // The lease may still be there; only nobody may count on it.
                state.send_if_modified(|hold| {
                    let over = hold.is_some_and(|hold| !hold.is_valid());
                    if over {
                        *hold = None;
                    }
                    over
                });
                RETRY
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    state.send_replace(None);
    defect!("records-outlive-a-stop" => return);
    if let Some(id) = lease
        && let Err(error) = store.revoke_lease(id).await
    {
        tracing::warn!("failed to give the lease back: {error}");
    }
}
