//! A component's plain listener: health and metrics (contract §1).

use std::{net::SocketAddrV4, time::Duration};

use super::{
    Conformance, Exchange, HttpRequest, ProbeError, evidence::Evidence, http::HttpProbe,
    setup::ProbeSetup,
};

/// Asks a plain listener, or the gateway's, a scheduler's or an agent's open routes.
#[derive(Clone)]
pub struct PlainProbe {
    http: HttpProbe,
}

impl PlainProbe {
    pub(super) fn new(
        setup: &ProbeSetup,
        evidence: &Evidence,
        who: &str,
        address: SocketAddrV4,
    ) -> Result<Self, ProbeError> {
        let who = format!("{who}'s plain listener");
        let (secrets, evidence) = (setup.secrets().clone(), evidence.clone());
        let http = HttpProbe::new(who, address, None, Conformance::plain(), secrets, evidence)?;
        Ok(Self { http: http.with_timeout(setup.timeout()) })
    }

    pub(super) fn http(&self) -> &HttpProbe {
        &self.http
    }

    /// The same with another bound on each call.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { http: self.http.with_timeout(timeout) }
    }

    pub async fn get(&self, path: &str) -> Result<Exchange, ProbeError> {
        self.send(HttpRequest::get(path)).await
    }

    pub async fn send(&self, request: HttpRequest) -> Result<Exchange, ProbeError> {
        self.http.send(request).await
    }

    /// `GET /health`
    pub async fn health(&self) -> Result<Exchange, ProbeError> {
        self.get("/health").await
    }
}
