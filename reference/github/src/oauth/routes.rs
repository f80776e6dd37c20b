//! The flow's two routes.

use axum::{
    Router,
    routing::{get, post},
};

use super::{access_token::access_token, authorize::authorize};
use crate::GitHub;

pub fn routes() -> Router<GitHub> {
    Router::new()
        .route("/login/oauth/authorize", get(authorize))
        .route("/login/oauth/access_token", post(access_token))
}
