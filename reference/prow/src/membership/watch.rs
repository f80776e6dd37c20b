//! Turns silent nodes inactive.

use persys_reference_base::defect;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use persys_contract::{Node, NodeStatus};
use tokio_util::sync::CancellationToken;

use super::{failover::move_workloads, liveness::Liveness};
use crate::{scheduler::Scheduler, store::StoreError};

/// Looks ten times within the timeout, but neither all the time nor hardly ever.
fn period(timeout: Duration) -> Duration {
    (timeout / 10).clamp(Duration::from_millis(100), Duration::from_secs(5))
}

/// The leader's watch over the nodes.
pub async fn watch_nodes(scheduler: Arc<Scheduler>, stop: CancellationToken) {
    let timeout = scheduler.timings.node_timeout;
    let mut liveness = Liveness::new(defect!("nodes-given-up-too-soon", timeout / 4, timeout));
    while !stop.is_cancelled() {
        if let Err(error) = look(&scheduler, &mut liveness).await {
            tracing::warn!("failed to watch the nodes: {error}");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(period(timeout)) => {}
        }
    }
}

async fn look(scheduler: &Arc<Scheduler>, liveness: &mut Liveness) -> Result<(), StoreError> {
    let nodes: Vec<Node> =
        scheduler.store.nodes().await?.into_iter().map(|record| record.value).collect();
    let beats = nodes.iter().map(|node| (node.node_id.as_str(), node.last_heartbeat.as_deref()));
    let silent = liveness.look(beats, Instant::now());
    defect!("silent-nodes-stay-active" => return Ok(()));
    let mut lost = false;
    for node in nodes {
        let active = node.status == Some(NodeStatus::Active);
        if active && silent.contains(&node.node_id) && scheduler.leadership.holds() {
            lost |= turn_inactive(scheduler, &node).await?;
        }
        lost |= !active;
    }
    if lost {
        move_workloads(scheduler).await?;
    }
    Ok(())
}

async fn turn_inactive(scheduler: &Scheduler, silent: &Node) -> Result<bool, StoreError> {
    let change = |node: &mut Node| {
        // It may have beaten in this very moment.
        let still = node.last_heartbeat == silent.last_heartbeat;
        if still {
            node.status = Some(NodeStatus::Inactive);
        }
        still
    };
    let changed = scheduler.store.change_node(&silent.node_id, &scheduler.names, change).await?;
    let turned = matches!(changed, crate::store::Changed::Done(_));
    if turned {
        let since = silent.last_heartbeat.as_deref();
        tracing::warn!(node = silent.node_id, lastHeartbeat = since, "a node turned inactive");
    }
    Ok(turned)
}
