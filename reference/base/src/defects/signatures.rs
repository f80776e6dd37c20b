//! Signatures that fit only in part.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::extract::Request;
use persys_contract::{SignatureKey, SignedHeaders};

/// The signature that a request with these headers should have.
fn expected(
    key: &SignatureKey,
    method: &str,
    path: &str,
    headers: &SignedHeaders,
    body: &[u8],
) -> Option<String> {
    let timestamp = headers.timestamp.parse().ok()?;
    let nonce = u128::from_str_radix(&headers.nonce, 16).ok()?.to_be_bytes();
    Some(key.sign(method, path, timestamp, nonce, body).signature)
}

/// Whether the signature is that of a request with this path and body.
pub fn fits(
    key: &SignatureKey,
    request: &Request,
    path: &str,
    headers: &SignedHeaders,
    body: &[u8],
) -> bool {
    let method = request.method().as_str();
    expected(key, method, path, headers, body).is_some_and(|good| good == headers.signature)
}

/// Whether the signature's first digits are right.
pub fn fits_in_part(
    key: &SignatureKey,
    request: &Request,
    path: &str,
    headers: &SignedHeaders,
    body: &[u8],
) -> bool {
    const COMPARED: usize = "v1=".len() + 16;
    let good = expected(key, request.method().as_str(), path, headers, body);
    good.is_some_and(|good| good.get(..COMPARED) == headers.signature.get(..COMPARED))
}

/// Whether a nonce was seen for the first time less than this ago.
pub fn is_first_moment(nonce: &str, moment: Duration) -> bool {
    static FIRST: Mutex<Option<HashMap<String, Instant>>> = Mutex::new(None);
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = first.get_or_insert_default().entry(nonce.to_owned()).or_insert_with(Instant::now);
    seen.elapsed() < moment
}
