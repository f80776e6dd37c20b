//! The id that ties one request to its log lines on every hop (contract §3.1).

use std::{convert::Infallible, future::Future};

use axum::{extract::FromRequestParts, http::request::Parts};
use persys_contract::{REQUEST_ID, is_acceptable_request_id};
use tracing::Instrument;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// A request's id. Handlers take it as an extractor; code below them asks
/// [`RequestId::current`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// A new, random id.
    pub fn new() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// The caller's id if it is acceptable, else a new one.
    pub fn take_over(given: Option<&str>) -> Self {
        match given {
            Some(id) if is_acceptable_request_id(id) => Self(id.to_owned()),
            _ => Self::new(),
        }
    }

    /// The id of the request that is being served by this task.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Runs a future under this id: its log lines bear it and calls forward it.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        let span = tracing::info_span!("request", requestId = self.as_str());
        CURRENT.scope(self, future.instrument(span)).await
    }

    pub(crate) async fn scope_in<F: Future>(self, span: tracing::Span, future: F) -> F::Output {
        CURRENT.scope(self, future.instrument(span)).await
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

/// Spawns a task that goes on under the id of the request that started it, or
/// under a new one.
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(RequestId::current().unwrap_or_default().scope(future))
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let given = || parts.headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self::take_over(given())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_acceptable_id_is_taken_over() {
        assert_eq!(RequestId::take_over(Some("abc-1")).as_str(), "abc-1");
        assert_ne!(RequestId::take_over(Some("a\tb")).as_str(), "a\tb");
        assert_ne!(RequestId::take_over(None), RequestId::take_over(None));
    }

    #[tokio::test]
    async fn a_spawned_task_keeps_the_id() {
        assert_eq!(RequestId::current(), None);
        let id = RequestId::take_over(Some("abc-1"));
        let seen = id.clone().scope(async { spawn(async { RequestId::current() }).await.unwrap() });
        assert_eq!(seen.await, Some(id));
    }
}
