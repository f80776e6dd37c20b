//! The login with GitHub, the user's repositories, and GitHub's webhooks
//! (contract §4, GitHub OAuth).

mod callback;
mod context;
mod login;
mod repositories;
mod webhook;

pub use context::GitHubContext;

use axum::{
    Router,
    routing::{get, post},
};

pub fn github_routes(context: GitHubContext) -> Router {
    Router::new()
        .route("/auth/login", get(login::login))
        .route("/auth/callback", get(callback::callback))
        .route("/github/list/repos", get(repositories::repositories))
        .route("/webhook", post(webhook::webhook))
        .with_state(context)
}
