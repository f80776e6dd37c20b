//! `GET /nodes`.

use std::sync::Arc;

use axum::{Json, extract::State};
use persys_contract::NodeList;
use persys_reference_base::http::ApiError;

use crate::scheduler::Scheduler;

pub async fn list(State(scheduler): State<Arc<Scheduler>>) -> Result<Json<NodeList>, ApiError> {
    let records = scheduler.store.nodes().await?;
    Ok(Json(NodeList { nodes: records.into_iter().map(|record| record.value).collect() }))
}
