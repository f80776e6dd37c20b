//! Sends a request on to a scheduler.

use axum::{
    extract::{Request, State},
    response::Response,
};
use persys_contract::ErrorCode;
use persys_reference_base::defect;
use persys_reference_base::{
    RequestId,
    http::{ApiError, read_body},
};

use super::Context;
use crate::upstream::{ForwardError, Outgoing};

/// The scheduler's answer, unchanged, or 502 or 504.
pub async fn forward(
    State(context): State<Context>,
    id: RequestId,
    request: Request,
) -> Result<Response, ApiError> {
    defect!("gateway-serialises-requests" => {
        let _turn = persys_reference_base::defects::in_turn().await;
        // As long as a store may take; the reference's own is so quick that a crowd notices nothing.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        return send_on(context, id, request).await;
    });
    // More than any step sends but the one that looks for the knee.
    defect!("rush-never-forgotten" => {
        let crowded = persys_reference_base::defects::Crowded::join(20, 150);
        if crowded.is_worn_out() {
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        }
        return send_on(context, id, request).await;
    });
    send_on(context, id, request).await
}

async fn send_on(context: Context, id: RequestId, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = read_body(body).await?;
    let outgoing = Outgoing::new(&parts, body, &id);
    defect!("every-tenth-read-fails" => if outgoing.is_safe() && persys_reference_base::defects::every(10) {
        return Err(ApiError::new(ErrorCode::SchedulerUnreachable, "no scheduler can be reached"));
    });
    defect!("hung-up-orders-dropped" => tokio::time::sleep(std::time::Duration::from_millis(500)).await);
    defect!("orders-stall-now-and-then" => if !outgoing.is_safe() && persys_reference_base::defects::every(10) {
        tokio::time::sleep(std::time::Duration::from_millis(5300)).await;
    });
    let limit = defect!(
        "frozen-scheduler-awaited",
        std::time::Duration::from_secs(3600),
        context.request_timeout
    );
    context.schedulers.forward(&outgoing, limit).await.map_err(|error| {
        let (code, message) = refusal(&error);
        tracing::warn!(reason = code.as_str(), "failed to {error}");
        ApiError::new(defect!("no-scheduler-is-our-fault", ErrorCode::Internal, code), message)
    })
}

/// What the caller is told: enough to know whether to send it again.
fn refusal(error: &ForwardError) -> (ErrorCode, &'static str) {
    match error {
        ForwardError::NoneKnown => (ErrorCode::SchedulerUnreachable, "no scheduler was found"),
        ForwardError::Unreachable(_) => {
            (ErrorCode::SchedulerUnreachable, "no scheduler can be reached")
        }
        ForwardError::Broken(_) => (
            ErrorCode::SchedulerUnreachable,
            "the connection to the scheduler broke; the request may have been carried out",
        ),
        ForwardError::Timeout => (
            defect!(
                "late-schedulers-told-as-unreachable",
                ErrorCode::SchedulerUnreachable,
                ErrorCode::SchedulerTimeout
            ),
            "the scheduler did not answer in time; the request may have been carried out",
        ),
    }
}
