//! `GET /auth/login`: sends a browser to GitHub.

use axum::{
    extract::State,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, LOCATION, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use persys_reference_base::http::ApiError;

use super::{GitHubContext, context::internal};
use crate::session::unix_now;

/// 302 with the cookie that knows the login again.
pub async fn login(State(context): State<GitHubContext>) -> Result<Response, ApiError> {
    let login = context.logins.begin(unix_now()).map_err(internal)?;
    let cookie = context.logins.cookie(&login).map_err(internal)?;
    let target = context.github.authorization(&login.state, &login.challenge());
    let headers = [
        (LOCATION, String::from(target)),
        (SET_COOKIE, cookie),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::FOUND, headers).into_response())
}
