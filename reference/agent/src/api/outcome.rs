//! How a run ended, as whoever ordered it is told.

use axum::Json;
use persys_contract::{ErrorCode, QueuedReply};
use persys_reference_base::http::ApiError;

use super::refusal::of_docker;
use crate::workloads::{Ended, Outcome};

/// `queued` at once when the order is `async`; else, when the run has ended, `started` or
/// `exists`.
pub async fn answer(
    workload_id: String,
    background: bool,
    mut outcome: Outcome,
) -> Result<Json<QueuedReply>, ApiError> {
    let reply = |result: &str| Ok(Json(QueuedReply { result: result.to_owned(), workload_id }));
    if background {
        return reply("queued");
    }
    let ended = match outcome.wait_for(Option::is_some).await {
        Ok(ended) => ended.clone(),
        Err(_) => None,
    };
    match ended {
        Some(Ended::Started) => reply("started"),
        Some(Ended::Existed) => reply("exists"),
        Some(Ended::Failed(fault)) => Err(of_docker(fault)),
        Some(Ended::Cancelled) => Err(ApiError::new(
            ErrorCode::Conflict,
            "the workload was removed before its container had started",
        )),
        None => Err(ApiError::internal()),
    }
}
