//! `GET /cluster/metrics`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use persys_contract::{ClusterMetrics, WorkloadStatus, WorkloadTotals};
use persys_reference_base::http::ApiError;

use crate::scheduler::Scheduler;

pub async fn metrics(
    State(scheduler): State<Arc<Scheduler>>,
) -> Result<Json<ClusterMetrics>, ApiError> {
    let store = &scheduler.store;
    let (nodes, workloads, schedulers) =
        tokio::try_join!(store.nodes(), store.workloads(), store.schedulers(&scheduler.names))?;
    let mut by_status: BTreeMap<String, u64> = BTreeMap::new();
    for record in &workloads {
        let status = record.value.status.unwrap_or(WorkloadStatus::Pending);
        *by_status.entry(status.to_string()).or_default() += 1;
    }
    Ok(Json(ClusterMetrics {
        nodes: nodes.into_iter().map(|record| record.value).collect(),
        workloads: WorkloadTotals { total: workloads.len() as u64, by_status },
        schedulers,
    }))
}
