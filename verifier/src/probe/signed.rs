//! Requests signed with the agents' secret, and requests that are not (contract §4, HMAC).

use std::time::{Duration, SystemTime};

use persys_contract::{SignatureKey, SignedHeaders};
use rand::Rng;
use time::OffsetDateTime;

use super::{Exchange, HttpRequest, ProbeError, http::HttpProbe, setup::ProbeSetup};

/// What a signature is made from, where it is not to be the usual.
#[derive(Clone, Debug, Default)]
pub struct Signing {
    /// Another secret than the topology's.
    pub secret: Option<String>,
    /// Another time than now.
    pub at: Option<OffsetDateTime>,
    /// Another nonce than a new one.
    pub nonce: Option<[u8; 16]>,
}

/// Sends requests to an agent, or to a scheduler's plain listener.
#[derive(Clone)]
pub struct SignedProbe {
    http: HttpProbe,
    key: SignatureKey,
}

impl SignedProbe {
    pub(super) fn new(http: HttpProbe, setup: &ProbeSetup) -> Result<Self, ProbeError> {
        Ok(Self { http, key: SignatureKey::new(setup.agent_secret()?) })
    }

    /// The same with another bound on each call.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { http: self.http.with_timeout(timeout), ..self }
    }

    /// Signs a request as it should be and sends it.
    pub async fn send(&self, request: HttpRequest) -> Result<Exchange, ProbeError> {
        let headers = self.sign(&request, &Signing::default())?;
        self.send_with(request, &headers).await
    }

    /// The headers that a request would be sent with: to be changed, kept for a
    /// replay, or put on another request.
    pub fn sign(
        &self,
        request: &HttpRequest,
        signing: &Signing,
    ) -> Result<SignedHeaders, ProbeError> {
        let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let timestamp = match signing.at {
            Some(at) => at.unix_timestamp().max(0).unsigned_abs(),
            None => now().as_secs(),
        };
        let nonce = signing.nonce.unwrap_or_else(|| {
            let mut nonce = [0; 16];
            rand::rng().fill_bytes(&mut nonce);
            nonce
        });
        let path = self.http.path_as_sent(&request.path)?;
        let other = signing.secret.as_deref().map(SignatureKey::new);
        let key = other.as_ref().unwrap_or(&self.key);
        Ok(key.sign(request.method.as_str(), &path, timestamp, nonce, &request.body))
    }

    /// Sends a request with the given signature headers.
    pub async fn send_with(
        &self,
        request: HttpRequest,
        headers: &SignedHeaders,
    ) -> Result<Exchange, ProbeError> {
        let request = headers
            .pairs()
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value));
        self.send_unsigned(request).await
    }

    /// Sends a request as it is.
    pub async fn send_unsigned(&self, request: HttpRequest) -> Result<Exchange, ProbeError> {
        self.http.send(request).await
    }
}
