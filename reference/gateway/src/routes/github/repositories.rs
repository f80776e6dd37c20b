//! `GET /github/list/repos`: the user's repositories.

use axum::{
    Json,
    extract::{Request, State},
    http::header::{CACHE_CONTROL, WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};
use persys_contract::ErrorCode;
use persys_reference_base::http::ApiError;
use serde_json::json;

use super::GitHubContext;
use crate::session::unix_now;

/// All of them, for who bears a token of a login.
pub async fn repositories(State(context): State<GitHubContext>, request: Request) -> Response {
    match list(&context, request).await {
        Ok(response) => response,
        // RFC 6750, §3.
        Err(error) if error.code == ErrorCode::BadToken => {
            ([(WWW_AUTHENTICATE, "Bearer")], error).into_response()
        }
        Err(error) => error.into_response(),
    }
}

async fn list(context: &GitHubContext, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let session = context.sessions.find(&parts.headers, unix_now()).map_err(|error| {
        let message = "a token of a login is needed as a bearer token; log in";
        context.refuse(&parts.extensions, ErrorCode::BadToken, message, error)
    })?;
    let repositories = context
        .github
        .repositories(&session.access_token)
        .await
        .map_err(|error| context.failed(&parts.extensions, &error))?;
    tracing::info!(login = session.login, count = repositories.len(), "listed repositories");
    let private = [(CACHE_CONTROL, "no-store")];
    Ok((private, Json(json!({ "repos": repositories }))).into_response())
}
