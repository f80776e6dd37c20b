//! Claims of this scheduler that nobody holds are taken away.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::LeaseWatch;
use crate::store::Store;

/// How long such a claim may keep everybody from its workload.
const EVERY: Duration = Duration::from_secs(2);

/// Looks for them until stopped. Whoever else leads cannot know which they are.
pub async fn sweep_claims(store: Store, lease: LeaseWatch, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let hold = *lease.borrow();
        if let Some(hold) = hold
            && let Err(error) = store.sweep_claims(hold.id).await
        {
            tracing::debug!("failed to look for claims that nobody holds: {error}");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
