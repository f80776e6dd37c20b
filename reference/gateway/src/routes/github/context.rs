//! What these handlers share.

use std::{fmt::Display, ops::Deref, sync::Arc};

use axum::http::Extensions;
use persys_contract::ErrorCode;
use persys_reference_base::{
    Metrics,
    http::{ApiError, peer_of},
};

use crate::{
    github::{GitHub, GitHubError},
    session::{PendingLogins, SealerError, Sessions},
    webhook::{Deliveries, WebhookKey},
};

/// A handle on the parts.
#[derive(Clone)]
pub struct GitHubContext(Arc<Parts>);

pub struct Parts {
    pub github: GitHub,
    pub logins: PendingLogins,
    pub sessions: Sessions,
    pub webhook_key: WebhookKey,
    pub deliveries: Deliveries,
    metrics: Metrics,
}

impl Deref for GitHubContext {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl GitHubContext {
    pub fn new(github: GitHub, metrics: &Metrics) -> Result<Self, SealerError> {
        let app = github.app();
        let secret = app.jwt_key.as_bytes();
        Ok(Self(Arc::new(Parts {
            logins: PendingLogins::new(secret)?,
            sessions: Sessions::new(secret)?,
            webhook_key: WebhookKey::new(app.webhook_secret.as_bytes()),
            deliveries: Deliveries::default(),
            metrics: metrics.clone(),
            github,
        })))
    }
}

impl Parts {
    /// Turns a caller away: logged with its address, and counted.
    pub fn refuse(
        &self,
        caller: &Extensions,
        code: ErrorCode,
        message: &str,
        detail: impl Display,
    ) -> ApiError {
        let reason = code.as_str();
        self.metrics.count_rejection(reason);
        let peer = peer_of(caller).map(|peer| peer.to_string());
        tracing::warn!(reason, peer, %detail, "refused a request");
        ApiError::new(code, message)
    }

    /// Says what GitHub did not do. Only what is the caller's fault counts as a refusal.
    pub fn failed(&self, caller: &Extensions, error: &GitHubError) -> ApiError {
        let (code, message) = error.refusal();
        if code != ErrorCode::GithubUnreachable {
            return self.refuse(caller, code, message, format_args!("failed to {error}"));
        }
        let peer = peer_of(caller).map(|peer| peer.to_string());
        tracing::warn!(reason = code.as_str(), peer, "failed to {error}");
        ApiError::new(code, message)
    }
}

/// For what only the system can be blamed for.
pub fn internal(error: SealerError) -> ApiError {
    tracing::error!("failed to {error}");
    ApiError::internal()
}
