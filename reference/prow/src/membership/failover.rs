//! Gives the workloads of lost nodes to others (contract §6).

use persys_reference_base::defect;
use std::sync::Arc;

use persys_contract::{DesiredState, Node, NodeStatus, Workload, WorkloadStatus};

use crate::{
    one_shot::is_finished,
    placement::{Share, place},
    reconcile::{Ask, reconcile_soon},
    scheduler::Scheduler,
    store::{Record, StoreError},
};

/// Moves what is wanted to run and is assigned to an inactive node, if another
/// node can have it. What stays is tried again at the next look.
pub async fn move_workloads(scheduler: &Arc<Scheduler>) -> Result<(), StoreError> {
    defect!("lost-nodes-keep-workloads" => return Ok(()));
    let nodes: Vec<Node> =
        scheduler.store.nodes().await?.into_iter().map(|record| record.value).collect();
    let inactive =
        |id: &str| nodes.iter().any(|n| n.node_id == id && n.status != Some(NodeStatus::Active));
    let workloads = scheduler.store.workloads().await?;
    let shares: Vec<_> = workloads.iter().filter_map(|record| Share::of(&record.value)).collect();
    for workload in workloads.iter().map(|record| &record.value) {
        let stranded = workload.node_id.as_deref().is_some_and(inactive);
        if !stranded || !wants_to_run(workload) || !scheduler.leadership.holds() {
            continue;
        }
        match place(workload, &nodes, &shares) {
            Ok(_) => {
                // It is tried again at the next look, and the others have theirs now.
                if let Err(error) = move_one(scheduler, &workload.id, &nodes).await {
                    tracing::warn!(workloadId = workload.id, "failed to move a workload: {error}");
                }
            }
            Err(reason) => {
                tracing::debug!(workloadId = workload.id, %reason, "a stranded workload stays");
            }
        }
    }
    Ok(())
}

fn wants_to_run(workload: &Workload) -> bool {
    workload.desired_state == Some(DesiredState::Running) && !is_finished(workload)
}

async fn move_one(scheduler: &Arc<Scheduler>, id: &str, nodes: &[Node]) -> Result<(), StoreError> {
    let Some(lease) = scheduler.leadership.lease() else { return Ok(()) };
    let Some(claim) = scheduler.store.claim(id, lease).await? else { return Ok(()) };
    let moved = reassign(scheduler, id, nodes).await;
    claim.release().await;
    if let Some(to) = moved? {
        reconcile_soon(scheduler, id, Some(&to), Ask::Routine);
    }
    Ok(())
}

/// The node that it was given to, if it was.
async fn reassign(
    scheduler: &Scheduler,
    id: &str,
    nodes: &[Node],
) -> Result<Option<String>, StoreError> {
    let mut book = scheduler.ledger.open(&scheduler.store).await?;
    book.refresh(&scheduler.store).await?;
    let Some(record) = scheduler.store.workload(id).await? else { return Ok(None) };
    let workload = &record.value;
    let from = workload.node_id.clone();
    // It may have been moved or stopped, or its node may be back, since.
    let returned = match &from {
        Some(from) => scheduler.store.node(from).await?,
        None => None,
    };
    if returned.is_some_and(|node| node.value.status == Some(NodeStatus::Active))
        || !wants_to_run(workload)
        || scheduler.store.history(id).await?.is_given_up()
    {
        return Ok(None);
    }
    // Others may have been given the room since.
    let Ok(to) = place(workload, nodes, &book.shares).map(|node| node.node_id.clone()) else {
        return Ok(None);
    };
    let mut moved = Record { value: workload.clone(), revision: record.revision };
    moved.value.node_id = Some(to.clone());
    moved.value.status = Some(WorkloadStatus::Scheduled);
    moved.value.metadata.get_or_insert_default().reason = None;
    let written = scheduler.store.move_workload(&moved, book.fence).await?;
    book.refresh(&scheduler.store).await?;
    if written {
        defect!("moved-copies-left-alone" => persys_reference_base::defects::mark(id));
        defect!("moved-copies-removed-late" => persys_reference_base::defects::mark(id));
        tracing::warn!(workloadId = id, from, to, "moved a workload off a lost node");
    }
    Ok(written.then_some(to))
}
