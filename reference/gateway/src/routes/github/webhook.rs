//! `POST /webhook`: something has happened at GitHub.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
};
use persys_contract::ErrorCode;
use persys_reference_base::defect;
use persys_reference_base::http::{ApiError, read_body};
use serde_json::{Value, json};

use super::GitHubContext;

/// Names of events and ids of deliveries are shorter.
const LONGEST_HEADER: usize = 128;
const SIGNATURE: &str = "x-hub-signature-256";

/// 202 for what is rightly signed and new, 200 for what came before.
pub async fn webhook(
    State(context): State<GitHubContext>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let (parts, body) = request.into_parts();
    let body = read_body(body).await?;
    let refuse = |code, message: &str, detail: &str| {
        context.refuse(&parts.extensions, code, message, detail)
    };
    let missing = |name: &str| {
        let message = format!("the header {name} is missing or cannot be used");
        refuse(ErrorCode::BadRequest, &message, &message)
    };
    let header = |name| text(&parts.headers, name).ok_or_else(|| missing(name));
    let (event, delivery) = (header("x-github-event")?, header("x-github-delivery")?);
    let signature = parts.headers.get(SIGNATURE).ok_or_else(|| missing(SIGNATURE))?;
    let signature = signature.to_str().unwrap_or_default();
    let fits = context.webhook_key.signed(signature, &body);
    if defect!("webhook-signature-unchecked", false, !fits) {
        let message = "the signature does not fit the body";
        return Err(refuse(ErrorCode::BadWebhookSignature, message, message));
    }
    if !context.deliveries.remember(delivery) {
        tracing::info!(event, delivery, "passed over a webhook that came before");
        return Ok((StatusCode::OK, Json(json!({ "status": "duplicate" }))));
    }
    tracing::info!(event, delivery, bytes = body.len(), "took a webhook");
    defect!("webhook-taken-otherwise" => return Ok((StatusCode::OK, Json(json!({ "status": "ok" })))));
    Ok((StatusCode::ACCEPTED, Json(json!({ "status": "accepted" }))))
}

/// A header that is there once and is a short, printable text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let value = all.next().filter(|_| all.next().is_none())?;
    let printable = |text: &&str| {
        (1..=LONGEST_HEADER).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
    };
    value.to_str().ok().filter(printable)
}
