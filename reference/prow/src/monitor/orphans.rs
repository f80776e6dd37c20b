//! Containers whose workload is gone or was given to another node (contract §6).

use persys_reference_base::defect;
use std::{collections::HashSet, sync::Arc};

use futures::{StreamExt, stream};
use persys_contract::{ContainerEntry, Node, ReconcileAction};

use crate::{observation::workload_of, reconcile, scheduler::Scheduler};

/// A node that was lost and returns may have many, and all must go within an interval.
const AT_A_TIME: usize = 8;

/// Has them removed. A record is always written before its container is there,
/// so a container that was listed before its record was found absent is one too many.
pub async fn remove_orphans(
    scheduler: &Arc<Scheduler>,
    node: &Node,
    entries: &[ContainerEntry],
    assigned: &HashSet<&str>,
) {
    let suspects: HashSet<&str> = entries
        .iter()
        .filter_map(workload_of)
        .filter(|id| !assigned.contains(id) && is_plain(id))
        .collect();
    stream::iter(suspects)
        .for_each_concurrent(AT_A_TIME, async |id| {
            remove_unless_assigned(scheduler, node, id).await
        })
        .await;
}

async fn remove_unless_assigned(scheduler: &Scheduler, node: &Node, id: &str) {
    let home = match scheduler.store.workload(id).await {
        Ok(record) => record.map(|record| record.value.node_id),
        Err(error) => {
            tracing::warn!(workloadId = id, "failed to {error}");
            return;
        }
    };
    if home == Some(Some(node.node_id.clone())) || !scheduler.leadership.holds() {
        return;
    }
    defect!("strays-left-alone" => if home.is_none() {
        return;
    });
    defect!("moved-copies-left-alone" => if persys_reference_base::defects::is_marked(id) {
        return;
    });
    defect!("moved-copies-removed-late" => {
        use persys_reference_base::defects::{is_marked, runs_for};
        if is_marked(id) && !runs_for(15) {
            return;
        }
    });
    defect!("copies-left-alone" => if home.is_some() {
        return;
    });
    let why = if home.is_none() { "it has no record" } else { "it is assigned elsewhere" };
    let removed = scheduler.agents.remove(node, id).await;
    tracing::warn!(
        workloadId = id,
        node = node.node_id,
        reason = why,
        success = removed.is_ok(),
        "removed a container that should not be"
    );
    reconcile::count(scheduler, ReconcileAction::Remove, removed.is_ok()).await;
}

/// Whether a label's value can stand in a path as it is.
fn is_plain(id: &str) -> bool {
    id.len() <= 128
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}
