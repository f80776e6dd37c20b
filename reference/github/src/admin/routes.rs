//! The interface's routes.

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    middleware::from_fn_with_state,
    routing::{delete, get, post, put},
};
use persys_reference_base::Secret;

use super::{
    accounts, authorization,
    gate::{gate, refusal},
    repositories, webhooks,
};
use crate::GitHub;

/// Where the interface lies. No login may start with an underscore.
pub const PREFIX: &str = "/_test";

pub fn routes(token: Secret) -> Router<GitHub> {
    let routes = Router::new()
        .route("/users", post(accounts::create))
        .route("/tokens", post(accounts::create_token))
        .route("/tokens/revoke", post(accounts::revoke_tokens))
        .route("/session", put(accounts::sign_in).get(accounts::signed_in))
        .route("/codes", post(authorization::create_code))
        .route("/codes/expire", post(authorization::expire_codes))
        .route("/repositories", post(repositories::create))
        .route("/repositories/{owner}/{name}", delete(repositories::remove))
        .route("/webhooks", post(webhooks::deliver).get(webhooks::list))
        .route("/webhooks/{id}", get(webhooks::show))
        .route("/webhooks/{id}/redeliver", post(webhooks::redeliver))
        .fallback(async || refusal(StatusCode::NOT_FOUND, "there is no such route"))
        .layer(from_fn_with_state(Arc::new(token), gate));
    Router::new().nest(PREFIX, routes)
}
