//! Keeps a fault in place.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{FaultClient, FaultError};
use crate::protocol::{Ending, Fault, Lease, LeaseId, LeaseState, RefusalCode};

/// A fault in effect. Renews its lease in the background; [`LeaseGuard::heal`] ends
/// it. A dropped guard releases its lease as well as it can: when that fails, or the
/// process dies, the lease runs out.
#[must_use = "the fault is healed when the guard is dropped"]
#[derive(Debug)]
pub struct LeaseGuard {
    client: FaultClient,
    lease: Lease,
    lost: Arc<Mutex<Option<FaultError>>>,
    renewal: CancellationToken,
    _stops_renewal: DropGuard,
    released: bool,
}

impl LeaseGuard {
    /// How often a release is tried while the daemon cannot be reached.
    const RELEASE_ATTEMPTS: u32 = 3;
    const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(500);

    pub(super) fn new(client: FaultClient, lease: Lease, ttl: Duration) -> Self {
        let renewal = CancellationToken::new();
        let lost = Arc::new(Mutex::new(None));
        tokio::spawn(renewal.clone().run_until_cancelled_owned(renew(
            client.clone(),
            lease.id,
            ttl,
            lost.clone(),
        )));
        let stops_renewal = renewal.clone().drop_guard();
        Self { client, lease, lost, renewal, _stops_renewal: stops_renewal, released: false }
    }

    pub fn id(&self) -> LeaseId {
        self.lease.id
    }

    pub fn fault(&self) -> &Fault {
        &self.lease.fault
    }

    /// The lease as it was when the fault had taken effect.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    pub fn machine(&self) -> &str {
        self.client.machine()
    }

    /// Why the lease could not be renewed the last time. None while all is well.
    pub fn lost(&self) -> Option<FaultError> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Heals the fault and looks whether it is gone. Cancelling this releases the
    /// lease in the background.
    ///
    /// # Errors
    /// [`FaultError::HealFailed`] when the fault may still be there, and
    /// [`FaultError::EndedEarly`] when it was gone before.
    pub async fn heal(mut self) -> Result<Lease, FaultError> {
        self.renewal.cancel();
        let mut attempt = 1;
        let lease = loop {
            match self.client.release(self.lease.id).await {
                Ok(lease) => break lease,
                Err(error) if error.is_unreachable() && attempt < Self::RELEASE_ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(Self::BETWEEN_ATTEMPTS).await;
                }
                Err(error) => return Err(error),
            }
        };
        self.released = true;
        self.judge(lease)
    }

    fn judge(&self, lease: Lease) -> Result<Lease, FaultError> {
        let machine = self.client.machine().to_owned();
        let Some(ended) = lease.ended.clone() else {
            return Err(FaultError::Garbled {
                machine,
                detail: "a released lease has not ended".to_owned(),
            });
        };
        if let Some(error) = ended.healing.error {
            return Err(FaultError::HealFailed { machine, error, lease: Box::new(lease) });
        }
        if ended.how != Ending::Released || lease.state != LeaseState::Healed {
            let lease = Box::new(lease);
            return Err(FaultError::EndedEarly { machine, how: ended.how, lease });
        }
        Ok(lease)
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        if !self.released {
            self.client.release_in_background(self.lease.id);
        }
    }
}

/// Renews until the lease has ended. Cancelled by the guard.
async fn renew(
    client: FaultClient,
    id: LeaseId,
    ttl: Duration,
    lost: Arc<Mutex<Option<FaultError>>>,
) {
    let period = (ttl / 3).max(Duration::from_millis(20));
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // An answer that takes longer than this is not worth waiting for: ask again.
    let patience = period.max(Duration::from_millis(250));
    loop {
        ticks.tick().await;
        let outcome = match timeout(patience, client.renew(id, ttl)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(FaultError::Unreachable {
                machine: client.machine().to_owned(),
                detail: format!("no answer to a renewal within {patience:?}"),
            }),
        };
        let ended = matches!(
            outcome.as_ref().err().and_then(FaultError::code),
            Some(RefusalCode::LeaseEnded | RefusalCode::UnknownLease)
        );
        *lost.lock().unwrap_or_else(PoisonError::into_inner) = outcome.err();
        if ended {
            return;
        }
    }
}
