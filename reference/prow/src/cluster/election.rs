//! Who leads: the scheduler whose lease holds the leader's key (contract §5).

use persys_reference_base::defect;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::LeaseWatch;
use crate::store::{LEADER, Store};

/// How often the key is tried for, and looked after once it is held.
const PERIOD: Duration = Duration::from_millis(500);

/// Whether this scheduler leads, by its own clock: a leader that was suspended or
/// cut off knows that it leads no more before another can.
#[derive(Clone)]
pub struct Leadership {
    lease: LeaseWatch,
    elected: watch::Receiver<Option<i64>>,
}

impl Leadership {
    pub fn new(lease: LeaseWatch, elected: watch::Receiver<Option<i64>>) -> Self {
        Self { lease, elected }
    }

    pub fn holds(&self) -> bool {
        let elected = *self.elected.borrow();
        let hold = *self.lease.borrow();
        defect!("every-scheduler-leads" => return hold.is_some_and(|hold| hold.is_valid()));
        hold.is_some_and(|hold| elected == Some(hold.id) && hold.is_valid())
    }

    /// The lease under which this scheduler acts, leader or not.
    pub fn lease(&self) -> Option<i64> {
        let hold = *self.lease.borrow();
        hold.filter(|hold| hold.is_valid()).map(|hold| hold.id)
    }
}

/// Tries to lead until stopped; `elected` bears the lease under which it does.
pub async fn elect(
    store: Store,
    instance: String,
    lease: LeaseWatch,
    elected: watch::Sender<Option<i64>>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let hold = *lease.borrow();
        let won = match hold.filter(|hold| hold.is_valid()) {
            None => None,
            Some(hold) => match store.take_key(LEADER, &instance, hold.id).await {
                Ok(Ok(())) => Some(hold.id),
                Ok(Err(_)) => {
                    defect!("successor-stays-idle" => persys_reference_base::defects::spoil());
                    defect!("leadership-not-taken-over" => {
                        stop.cancelled().await;
                        return;
                    });
                    None
                }
                // Until the lease runs out nobody else can have the key.
                Err(_) => *elected.borrow(),
            },
        };
        elected.send_if_modified(|before| {
            let turned = *before != won;
            if turned {
                match won {
                    Some(_) => tracing::info!(instance, "this scheduler leads"),
                    None => tracing::warn!(instance, "this scheduler leads no more"),
                }
                *before = won;
            }
            turned
        });
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
    elected.send_replace(None);
}
