//! The leader's rounds over all nodes.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use persys_contract::{Workload, WorkloadStatus};
use persys_reference_base::RequestId;
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use super::node::{NodeRound, look_at_node};
use crate::{
    scheduler::Scheduler,
    store::{Record, StoreError},
};

/// The pause between rounds while a status is about to change.
const QUICK: Duration = Duration::from_millis(200);
/// How long rounds stay quick after the last news.
const QUICK_FOR: Duration = Duration::from_secs(15);
/// The shortest pause there is.
const SPACING: Duration = Duration::from_millis(50);

/// The nodes that are being looked at. A node that answers slowly keeps only itself.
#[derive(Clone, Default)]
struct Busy(Arc<Mutex<HashSet<String>>>);

/// One node that is being looked at, for as long as this lives.
struct Look {
    busy: Busy,
    node: String,
}

impl Busy {
    fn begin(&self, node: &str) -> Option<Look> {
        let new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(node.to_owned());
        new.then(|| Look { busy: self.clone(), node: node.to_owned() })
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.busy.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.node);
    }
}

/// A round per interval, and sooner while something is under way.
pub async fn monitor(scheduler: Arc<Scheduler>, stop: CancellationToken) {
    let interval = scheduler.timings.monitor_interval;
    let busy = Busy::default();
    let mut looks = JoinSet::new();
    let mut next_full = Instant::now();
    let mut quick_until = Instant::now();
    let mut number = 0usize;
    while !stop.is_cancelled() {
        let full = (Instant::now() >= next_full).then_some(number);
        if full.is_some() {
            next_full = Instant::now() + interval;
            number = number.wrapping_add(1);
        }
        let moving = match round(&scheduler, full, &busy, &mut looks).await {
            Ok(moving) => moving,
            Err(error) => {
                tracing::warn!("failed to monitor: {error}");
                false
            }
        };
        while looks.try_join_next().is_some() {}
        let quick = moving && Instant::now() < quick_until;
        let until_full = next_full.saturating_duration_since(Instant::now());
        let pause = if quick { until_full.min(QUICK) } else { until_full };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause.max(SPACING)) => {}
            () = scheduler.monitor_wanted.notified() => {
                quick_until = Instant::now() + QUICK_FOR;
                tokio::time::sleep(SPACING).await;
            }
        }
    }
}

/// Starts a look at every node that is not being looked at. Whether any status is
/// about to change.
async fn round(
    scheduler: &Arc<Scheduler>,
    full: Option<usize>,
    busy: &Busy,
    looks: &mut JoinSet<()>,
) -> Result<bool, StoreError> {
    let workloads = scheduler.store.workloads().await?;
    let nodes = scheduler.store.nodes().await?;
    // Read last: who claimed a workload before its record was read and has given
    // it back since has changed the record, so that ours cannot be written.
    let claimed = scheduler.store.claimed().await?;
    let moving = workloads.iter().any(|record| is_moving(&record.value));
    let mut by_node: HashMap<String, Vec<Record<Workload>>> = HashMap::new();
    for record in workloads {
        if let Some(node) = record.value.node_id.clone()
            && !claimed.contains(&record.value.id)
        {
            by_node.entry(node).or_default().push(record);
        }
    }
    for node in nodes {
        let node = node.value;
        let Some(look) = busy.begin(&node.node_id) else { continue };
        let workloads = by_node.remove(&node.node_id).unwrap_or_default();
        let round = NodeRound { node, workloads, full };
        let scheduler = scheduler.clone();
        looks.spawn(RequestId::new().scope(async move {
            look_at_node(&scheduler, round).await;
            drop(look);
        }));
    }
    Ok(moving)
}

fn is_moving(workload: &Workload) -> bool {
    use WorkloadStatus::{ContainerCreating, Recreating, Restarting, Scheduled, Stopping};
    matches!(
        workload.status,
        Some(Scheduled | ContainerCreating | Recreating | Restarting | Stopping)
    )
}
