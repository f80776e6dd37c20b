//! Request authentication between scheduler and agent (contract §4, HMAC).

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ErrorCode;

/// Unix seconds at which the request was signed.
pub const TIMESTAMP_HEADER: &str = "x-persys-timestamp";
/// 32 hexadecimal digits that no other request bears.
pub const NONCE_HEADER: &str = "x-persys-nonce";
/// `v1=` and 64 hexadecimal digits.
pub const SIGNATURE_HEADER: &str = "x-persys-signature";
/// How far a timestamp may be from the receiver's clock, either way (contract §8).
pub const SIGNATURE_WINDOW: Duration = Duration::from_secs(30);
/// How long a receiver remembers a nonce.
pub const NONCE_MEMORY: Duration = Duration::from_secs(60);

/// Why a signed request is refused, before its nonce is looked up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the request carries no {0} header")]
    Missing(&'static str),
    #[error("the {0} header is malformed")]
    Malformed(&'static str),
    #[error("the signature does not fit the request")]
    Bad,
    #[error("the timestamp is {off} s from this clock; at most {limit} s are allowed")]
    Stale { off: u64, limit: u64 },
}

impl SignatureError {
    /// The code of the 401 response.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Missing(_) => ErrorCode::MissingSignature,
            Self::Malformed(_) => ErrorCode::MalformedSignature,
            Self::Bad => ErrorCode::BadSignature,
            Self::Stale { .. } => ErrorCode::StaleTimestamp,
        }
    }
}

/// The key that scheduler and agents share (`AGENT_SECRET`).
#[derive(Clone)]
pub struct SignatureKey(Vec<u8>);

/// The three headers of a signed request, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaders {
    pub timestamp: String,
    pub nonce: String,
    pub signature: String,
}

impl SignedHeaders {
    /// Header names and values, ready to be set on a request.
    pub fn pairs(&self) -> [(&'static str, &str); 3] {
        [
            (TIMESTAMP_HEADER, &self.timestamp),
            (NONCE_HEADER, &self.nonce),
            (SIGNATURE_HEADER, &self.signature),
        ]
    }

    /// Takes the headers of a received request, looked up by name.
    pub fn read<'a>(get: impl Fn(&'static str) -> Option<&'a str>) -> Result<Self, SignatureError> {
        let take = |name| get(name).map(str::to_owned).ok_or(SignatureError::Missing(name));
        Ok(Self {
            signature: take(SIGNATURE_HEADER)?,
            timestamp: take(TIMESTAMP_HEADER)?,
            nonce: take(NONCE_HEADER)?,
        })
    }

    /// Whether they have the form of a signature: all that can be told before the body
    /// is there. Whether the timestamp is stale is not asked, as in [`SignatureKey::verify`]
    /// that comes after the signature.
    pub fn check_form(&self) -> Result<(), SignatureError> {
        self.parsed().map(drop)
    }

    /// The signature's bytes and the timestamp.
    fn parsed(&self) -> Result<(Vec<u8>, u64), SignatureError> {
        let signature = self
            .signature
            .strip_prefix("v1=")
            .filter(|hex| hex.len() == 64)
            .and_then(|hex| hex::decode(hex).ok())
            .ok_or(SignatureError::Malformed(SIGNATURE_HEADER))?;
        let plain_digits = self.timestamp.bytes().all(|b| b.is_ascii_digit());
        let timestamp: u64 = self
            .timestamp
            .parse()
            .ok()
            .filter(|_| plain_digits)
            .ok_or(SignatureError::Malformed(TIMESTAMP_HEADER))?;
        if self.nonce.len() != 32 || hex::decode(&self.nonce).is_err() {
            return Err(SignatureError::Malformed(NONCE_HEADER));
        }
        Ok((signature, timestamp))
    }
}

impl SignatureKey {
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self(secret.into())
    }

    /// Signs a request. `path_and_query` is the text exactly as it is sent,
    /// `timestamp` is in unix seconds.
    pub fn sign(
        &self,
        method: &str,
        path_and_query: &str,
        timestamp: u64,
        nonce: [u8; 16],
        body: &[u8],
    ) -> SignedHeaders {
        let timestamp = timestamp.to_string();
        let nonce = hex::encode(nonce);
        let digest = self.digest(method, path_and_query, &timestamp, &nonce, body);
        SignedHeaders { signature: format!("v1={}", hex::encode(digest)), timestamp, nonce }
    }

    /// Checks everything but the nonce's novelty, for which the receiver keeps
    /// a memory of [`NONCE_MEMORY`]. `now` is in unix seconds. The order matters:
    /// a request that is both wrongly signed and stale is wrongly signed.
    pub fn verify(
        &self,
        method: &str,
        path_and_query: &str,
        headers: &SignedHeaders,
        body: &[u8],
        now: u64,
        window: Duration,
    ) -> Result<(), SignatureError> {
        let (given, timestamp) = headers.parsed()?;
        let expected =
            self.digest(method, path_and_query, &headers.timestamp, &headers.nonce, body);
        if !bool::from(expected.as_slice().ct_eq(&given)) {
            return Err(SignatureError::Bad);
        }
        let off = now.abs_diff(timestamp);
        let limit = window.as_secs();
        if off > limit {
            return Err(SignatureError::Stale { off, limit });
        }
        Ok(())
    }

    fn digest(
        &self,
        method: &str,
        path_and_query: &str,
        timestamp: &str,
        nonce: &str,
        body: &[u8],
    ) -> Vec<u8> {
        let body_hash = hex::encode(Sha256::digest(body));
        let lines = ["v1", method, path_and_query, timestamp, nonce, &body_hash].join("\n");
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(lines.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

#[cfg(test)]
#[path = "signing_tests.rs"]
mod tests;
