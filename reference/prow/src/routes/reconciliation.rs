//! The reconciler's interface (contract §3.1).

use persys_reference_base::defect;
use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::{Path, State},
};
use persys_contract::{ReconcileResult, StatsReply, TriggerReply};
use persys_reference_base::http::ApiError;

use crate::{
    clock::now_text,
    reconcile::{Ask, pass, reconcile},
    scheduler::Scheduler,
};

/// `POST /workloads/{id}/reconcile`.
pub async fn one(
    State(scheduler): State<Arc<Scheduler>>,
    Path(id): Path<String>,
) -> Result<Json<ReconcileResult>, ApiError> {
    let started = Instant::now();
    let report = reconcile(&scheduler, &id, Ask::ByHand).await?;
    scheduler.metrics.time_reconciliation(started.elapsed());
    let report = report.ok_or_else(|| ApiError::not_found("there is no workload with this id"))?;
    Ok(Json(report.into()))
}

/// `GET /reconciliation/stats`.
pub async fn stats(State(scheduler): State<Arc<Scheduler>>) -> Result<Json<StatsReply>, ApiError> {
    let kept = scheduler.store.stats().await?;
    let stats = defect!(
        "stats-count-no-workload",
        persys_contract::ReconciliationStats { total_workloads: 0, ..kept },
        kept,
    );
    Ok(Json(StatsReply { stats, timestamp: now_text() }))
}

/// `POST /reconciliation/trigger`.
pub async fn trigger(
    State(scheduler): State<Arc<Scheduler>>,
) -> Result<Json<TriggerReply>, ApiError> {
    let told = pass(&scheduler).await?;
    Ok(Json(TriggerReply { results: defect!("asked-passes-told-empty", Default::default(), told) }))
}
