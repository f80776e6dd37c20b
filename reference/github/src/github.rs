//! What every handler works with.

use std::{ops::Deref, sync::Arc};

use persys_reference_base::Secret;
use url::Url;

use crate::{api::RateLimits, git::Git, records::Store, webhooks::Webhooks};

/// The one OAuth app that is registered.
pub struct App {
    pub client_id: String,
    pub client_secret: Secret,
    pub callback: Url,
}

/// The parts of the stand-in.
pub struct Parts {
    pub store: Store,
    pub app: App,
    pub git: Git,
    pub webhooks: Webhooks,
    pub rate_limits: RateLimits,
}

/// A handle on them.
#[derive(Clone)]
pub struct GitHub(Arc<Parts>);

impl GitHub {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for GitHub {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
