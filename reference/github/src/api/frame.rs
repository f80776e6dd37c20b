//! What happens around every request to the API.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header::USER_AGENT},
    middleware::Next,
    response::{IntoResponse, Response},
};
use persys_reference_base::http::peer_of;
use time::OffsetDateTime;

use super::{
    ApiError, Credential,
    rate_limits::{Counted, Standing},
    read_credential,
};
use crate::GitHub;

/// Turns away who does not name themselves, who shows a bad token and who asks too
/// often; leaves the [`Credential`] for the handlers and sets GitHub's headers.
pub async fn api_frame(State(github): State<GitHub>, mut request: Request, next: Next) -> Response {
    let named = request.headers().get(USER_AGENT).is_some_and(|agent| !agent.is_empty());
    if !named {
        return ApiError::NoUserAgent.into_response();
    }
    let now = OffsetDateTime::now_utc();
    let credential = read_credential(request.headers(), &github.store, now);
    let (whose, whom) = match credential.caller() {
        Some(caller) => (Counted::User(caller.user.id), format!("user ID {}", caller.user.id)),
        None => {
            let peer = peer_of(request.extensions()).map(|peer| peer.ip().to_string());
            let address = peer.unwrap_or_default();
            (Counted::Address(address.clone()), address)
        }
    };
    let standing = github.rate_limits.count(whose, now);
    let scopes = credential.caller().map(|caller| caller.scopes.to_string());
    let mut response = if !standing.allowed {
        refused(ApiError::RateLimited { whom }, "rate_limit")
    } else if matches!(credential, Credential::Bad) {
        refused(ApiError::BadCredentials, "bad_credentials")
    } else {
        request.extensions_mut().insert(credential);
        next.run(request).await
    };
    mark(response.headers_mut(), &standing, scopes.as_deref());
    response
}

fn refused(error: ApiError, reason: &str) -> Response {
    tracing::warn!(reason, "refused a request to the API");
    error.into_response()
}

fn mark(headers: &mut HeaderMap, standing: &Standing, scopes: Option<&str>) {
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-ratelimit-limit", &standing.limit.to_string());
    set("x-ratelimit-remaining", &standing.remaining().to_string());
    set("x-ratelimit-used", &standing.used.to_string());
    set("x-ratelimit-reset", &standing.reset.to_string());
    set("x-ratelimit-resource", "core");
    set("x-github-media-type", "github.v3; format=json");
    set("cache-control", "private, max-age=60, s-maxage=60");
    set("vary", "Accept, Authorization, Cookie, X-GitHub-OTP");
    if let Some(scopes) = scopes {
        set("x-oauth-scopes", &scopes.replace(',', ", "));
    }
    let json = headers.get("content-type").is_some_and(|kind| kind == "application/json");
    if json {
        let kind = HeaderValue::from_static("application/json; charset=utf-8");
        headers.insert("content-type", kind);
    }
}
