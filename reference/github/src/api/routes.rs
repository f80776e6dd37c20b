//! The API's routes.

use axum::{Router, middleware::from_fn_with_state, routing::get};

use super::{ApiError, frame::api_frame, repositories, users};
use crate::GitHub;

/// Where the API lies; `GITHUB_API_URL` of its users ends with it.
pub const PREFIX: &str = "/api/v3";

pub fn routes(github: &GitHub) -> Router<GitHub> {
    let routes = Router::new()
        .route("/user", get(users::current))
        .route("/user/emails", get(users::emails))
        .route("/user/repos", get(repositories::of_caller))
        .method_not_allowed_fallback(async || ApiError::NotFound)
        .fallback(async || ApiError::NotFound)
        .layer(from_fn_with_state(github.clone(), api_frame));
    Router::new().nest(PREFIX, routes)
}
