//! Counts workloads and nodes for the metrics, on every scheduler.

use persys_reference_base::defect;
use std::{collections::BTreeMap, sync::Arc};

use persys_contract::{NodeStatus, WorkloadStatus};
use tokio_util::sync::CancellationToken;

use crate::{scheduler::Scheduler, store::StoreError};

/// Counts at every monitor interval until stopped; while the store is away the
/// last figures stay.
pub async fn take_census(scheduler: Arc<Scheduler>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = count(&scheduler).await {
            tracing::debug!("failed to count workloads and nodes: {error}");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(scheduler.timings.monitor_interval) => {}
        }
    }
}

async fn count(scheduler: &Scheduler) -> Result<(), StoreError> {
    let mut workloads: BTreeMap<WorkloadStatus, i64> =
        WorkloadStatus::ALL.iter().map(|&status| (status, 0)).collect();
    for record in scheduler.store.workloads().await? {
        let status = record.value.status.unwrap_or(WorkloadStatus::Pending);
        *workloads.entry(status).or_default() += 1;
    }
    let mut nodes = [(NodeStatus::Active, 0), (NodeStatus::Inactive, 0)];
    for record in scheduler.store.nodes().await? {
        for (status, number) in &mut nodes {
            *number += i64::from(record.value.status.unwrap_or(NodeStatus::Inactive) == *status);
        }
    }
    defect!("gauges-stand-still" => return Ok(()));
    for (status, number) in workloads {
        scheduler.metrics.workloads.with_label_values(&[status.as_str()]).set(number);
    }
    for (status, number) in nodes {
        scheduler.metrics.nodes.with_label_values(&[status.as_str()]).set(number);
    }
    Ok(())
}
