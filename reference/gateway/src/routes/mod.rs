//! What the gateway's two listeners serve.

mod forward;
mod github;
mod health;
mod mutual;
mod plain;

pub use github::GitHubContext;
pub use mutual::mutual_routes;
pub use plain::plain_routes;

use std::{sync::Arc, time::Duration};

use crate::upstream::Schedulers;

/// What the handlers share.
#[derive(Clone)]
pub struct Context {
    pub schedulers: Arc<Schedulers>,
    /// How long a scheduler may take to answer.
    pub request_timeout: Duration,
}
