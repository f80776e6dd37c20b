//! `GET /login/oauth/authorize`: an account lets an app act for it.

use axum::{
    extract::{Query, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use time::OffsetDateTime;
use url::Url;

use super::{may_redirect, read_challenge};
use crate::{
    GitHub, page,
    records::{CODE_LIFETIME, Code, Scopes},
};

/// Where the errors are explained.
const HELP: &str = "/apps/building-integrations/setting-up-and-registering-oauth-apps/\
                    troubleshooting-authorization-request-errors/";

#[derive(Deserialize)]
pub struct AuthorizeQuery {
    client_id: Option<String>,
    redirect_uri: Option<String>,
    login: Option<String>,
    #[serde(default)]
    scope: String,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// Sends the browser back to the app with a code, or with what is wrong. The
/// account at the browser answers at once, as its session says.
pub async fn authorize(
    State(github): State<GitHub>,
    Query(query): Query<AuthorizeQuery>,
) -> Response {
    if query.client_id.as_deref() != Some(github.app.client_id.as_str()) {
        tracing::warn!(reason = "unknown_client_id", "refused an authorization");
        return page::not_found();
    }
    let callback = &github.app.callback;
    let state = query.state.as_deref();
    let refuse = |target: &Url, error: &str, description: &str| {
        tracing::warn!(reason = error, "refused an authorization");
        let uri = format!("{HELP}#{}", error.replace('_', "-"));
        let told = [("error", error), ("error_description", description), ("error_uri", &uri)];
        send_back(target, &told, state)
    };

    let asked = query.redirect_uri.filter(|uri| !uri.is_empty());
    let target = match asked.as_deref().map(Url::parse) {
        None => callback.clone(),
        Some(Ok(wanted)) if may_redirect(callback, &wanted) => wanted,
        Some(_) => {
            return refuse(
                callback,
                "redirect_uri_mismatch",
                "The redirect_uri MUST match the registered callback URL for this application.",
            );
        }
    };
    let (challenge, method) = (&query.code_challenge, &query.code_challenge_method);
    let challenge = match read_challenge(challenge.as_deref(), method.as_deref()) {
        Ok(challenge) => challenge,
        Err(error) => return refuse(&target, "invalid_request", &error.to_string()),
    };
    let session = github.store.session();
    let login = query.login.filter(|login| !login.is_empty()).unwrap_or(session.login);
    let Some(user) = github.store.user(&login) else {
        tracing::warn!(reason = "unknown_login", "refused an authorization");
        return page::not_found();
    };
    if !session.approves {
        return refuse(&target, "access_denied", "The user has denied your application access.");
    }
    let now = OffsetDateTime::now_utc();
    let code = Code {
        login: user.login,
        scopes: Scopes::parse(&query.scope),
        redirect_uri: asked,
        challenge,
        expires_at: now + CODE_LIFETIME,
    };
    tracing::info!(login = code.login, scopes = %code.scopes, "authorized the app");
    send_back(&target, &[("code", &github.store.issue_code(code, now))], state)
}

fn send_back(target: &Url, told: &[(&str, &str)], state: Option<&str>) -> Response {
    let mut target = target.clone();
    let state = state.map(|state| ("state", state));
    target.query_pairs_mut().extend_pairs(told.iter().copied().chain(state));
    (StatusCode::FOUND, [(LOCATION, String::from(target))]).into_response()
}
