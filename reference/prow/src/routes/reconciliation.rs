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
    defect!("asked-reconciles-do-nothing" => if scheduler.store.workload(&id).await?.is_some() {
        return Ok(Json(all_well(id)));
    });
    let started = Instant::now();
    let report = reconcile(&scheduler, &id, Ask::ByHand).await?;
    scheduler.metrics.time_reconciliation(started.elapsed());
    let report = report.ok_or_else(|| ApiError::not_found("there is no workload with this id"))?;
    Ok(Json(report.into()))
}

/// What is told of a workload that nobody has looked at.
#[cfg(feature = "defects")]
fn all_well(workload_id: String) -> ReconcileResult {
    ReconcileResult {
        workload_id,
        desired_state: "Running".to_owned(),
        actual_state: "Running".to_owned(),
        action: persys_contract::ReconcileAction::None.to_string(),
        success: true,
        error_message: String::new(),
    }
}

/// `GET /reconciliation/stats`.
pub async fn stats(State(scheduler): State<Arc<Scheduler>>) -> Result<Json<StatsReply>, ApiError> {
    let kept = scheduler.store.stats().await?;
    defect!("last-reconciliation-is-now" => {
        let now = Some(now_text());
        let stats = persys_contract::ReconciliationStats { last_reconciliation: now, ..kept };
        return Ok(Json(StatsReply { stats, timestamp: now_text() }));
    });
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
    defect!("asked-passes-do-nothing" => {
        let total = scheduler.store.workloads().await?.len() as u64;
        let results = persys_contract::TriggerResults {
            total_workloads: total,
            processed: total,
            ..persys_contract::TriggerResults::default()
        };
        return Ok(Json(TriggerReply { results }));
    });
    let told = pass(&scheduler).await?;
    Ok(Json(TriggerReply { results: defect!("asked-passes-told-empty", Default::default(), told) }))
}
