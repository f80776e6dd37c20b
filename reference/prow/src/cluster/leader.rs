//! What the leader does, for as long as it leads.

use std::{sync::Arc, time::Duration};

use persys_reference_base::defect;
use tokio_util::sync::CancellationToken;

use crate::{
    membership::watch_nodes, monitor::monitor, reconcile::reconcile_all, scheduler::Scheduler,
};

/// How often it is asked whether this scheduler leads.
const LOOK: Duration = Duration::from_millis(100);

/// Runs monitor, reconciler and node watch while this scheduler leads.
pub async fn lead(scheduler: Arc<Scheduler>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if scheduler.leadership.holds() {
            scheduler.metrics.is_leader.set(1);
            let term = stop.child_token();
            let work = async {
                defect!("successor-stays-idle" => if persys_reference_base::defects::is_spoiled() {
                    return term.cancelled().await;
                });
                tokio::join!(
                    monitor(scheduler.clone(), term.clone()),
                    reconcile_all(scheduler.clone(), term.clone()),
                    watch_nodes(scheduler.clone(), term.clone()),
                );
            };
            let watch = async {
                while scheduler.leadership.holds() && !stop.is_cancelled() {
                    tokio::time::sleep(LOOK).await;
                }
                scheduler.metrics.is_leader.set(0);
                term.cancel();
            };
            tokio::join!(work, watch);
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
