//! The receiving end.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    body::{Body, Bytes},
    extract::{OriginalUri, Request, State},
    http::HeaderMap,
    middleware::Next,
    response::Response,
};
use persys_contract::{ErrorCode, NONCE_MEMORY, SignatureError, SignatureKey, SignedHeaders};

use super::{NonceMemory, Novelty};
#[cfg(feature = "defects")]
use crate::defects::{fits, fits_in_part, is_first_moment, is_seeded};
use crate::{
    Metrics, defect,
    http::{ApiError, discard_body, peer_of, read_body},
};
#[cfg(feature = "defects")]
use persys_contract::SIGNATURE_HEADER;

/// What is needed to tell a good request from a bad one.
pub struct SignatureCheck {
    key: SignatureKey,
    window: Duration,
    nonces: NonceMemory,
    metrics: Metrics,
}

impl SignatureCheck {
    /// `window` is how far a timestamp may be off, either way.
    pub fn new(key: SignatureKey, window: Duration, metrics: &Metrics) -> Arc<Self> {
        let nonces = NonceMemory::new(defect!(
            "agent-forgets-nonces-early",
            Duration::from_secs(2),
            nonces_kept_for(window)
        ));
        Arc::new(Self { key, window, nonces, metrics: metrics.clone() })
    }

    fn check(&self, request: &Request, body: &[u8], path: &str) -> Result<(), ApiError> {
        let headers = read_headers(request.headers());
        let verified = headers.and_then(|headers| {
            let method = request.method().as_str();
            defect!("agent-takes-signature-prefix" => if fits_in_part(&self.key, request, path, &headers, body) {
                return Ok(headers.nonce);
            });
            defect!("agent-signature-leaves-body-out" => if fits(&self.key, request, path, &headers, b"") {
                return Ok(headers.nonce);
            });
            defect!("agent-signature-leaves-query-out" => {
                let bare = path.split_once('?').map_or(path, |(bare, _)| bare);
                let signed = [bare.to_owned(), format!("{bare}?x=1")];
                if signed.iter().any(|path| fits(&self.key, request, path, &headers, body)) {
                    return Ok(headers.nonce);
                }
            });
            let window =
                defect!("agent-window-too-narrow", Duration::from_secs(10), self.window);
            let verified = self.key.verify(method, path, &headers, body, unix_now(), window);
            defect!("agent-takes-any-key" => if matches!(verified, Err(SignatureError::Bad)) {
                return Ok(headers.nonce);
            });
            defect!("agent-takes-stale-timestamps" => if matches!(verified, Err(SignatureError::Stale { .. })) {
                return Ok(headers.nonce);
            });
            verified?;
            Ok(headers.nonce)
        });
        let nonce = verified.map_err(|e: SignatureError| {
            defect!("malformed-signature-is-our-fault" => if matches!(e, SignatureError::Malformed(_)) {
                return ApiError::internal();
            });
            ApiError::new(e.code(), e.to_string())
        })?;
        defect!("nonces-noted-too-late" => if is_first_moment(&nonce, Duration::from_millis(100)) {
            return Ok(());
        });
        let novelty = self.nonces.remember(&nonce, Instant::now());
        defect!("agent-takes-replayed-nonces" => if novelty == Novelty::Seen {
            return Ok(());
        });
        match novelty {
            Novelty::New => Ok(()),
            Novelty::Seen => {
                Err(ApiError::new(ErrorCode::ReplayedNonce, "the nonce was used before"))
            }
            Novelty::Full => Err(ApiError::new(
                ErrorCode::ReplayedNonce,
                "too many requests at once to tell whether the nonce was used before",
            )),
        }
    }
}

/// Lets only requests through that bear a good signature; to be laid over the
/// routes with `from_fn_with_state(check, require_signature)`.
pub async fn require_signature(
    State(check): State<Arc<SignatureCheck>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let peer = peer_of(&parts.extensions).map(|peer| peer.to_string());
    // Who shows nothing like a signature is not given the memory that a body takes.
    let formed = read_headers(&parts.headers).is_ok_and(|headers| headers.check_form().is_ok());
    #[cfg(feature = "defects")]
    let formed = formed || TAKE_BODIES_UNSIGNED.into_iter().any(is_seeded);
    let body = match formed {
        true => read_body(body).await?,
        false => {
            discard_body(body).await;
            Bytes::new()
        }
    };
    // A nested router sees a shortened path; what was signed is the whole one.
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let request = Request::from_parts(parts, Body::from(body.clone()));
    defect!("registration-goes-unsigned" => if path == "/nodes/register" {
        return Ok(next.run(request).await);
    });
    defect!("heartbeat-goes-unsigned" => if path == "/nodes/heartbeat" {
        return Ok(next.run(request).await);
    });
    defect!("agent-needs-no-signature" => if !request.headers().contains_key(SIGNATURE_HEADER) {
        return Ok(next.run(request).await);
    });
    defect!("agent-guards-runs-alone" => if path != "/docker/run" {
        return Ok(next.run(request).await);
    });
    if let Err(refusal) = check.check(&request, &body, &path) {
        let reason = refusal.code.as_str();
        defect!("registration-takes-any-key" => if path == "/nodes/register" && refusal.code == ErrorCode::BadSignature {
            return Ok(next.run(request).await);
        });
        check.metrics.count_rejection(reason);
        tracing::warn!(reason, peer, detail = refusal.message, "refused a request's signature");
        defect!("agent-executes-what-it-refuses" => {
            let later = next.run(request);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                drop(later.await);
            });
            return Err(refusal);
        });
        return Err(refusal);
    }
    Ok(next.run(request).await)
}

/// A nonce must be remembered for as long as its timestamp can be good: from the window before
/// it to the end of the window's last second, as both clocks are read in whole seconds.
fn nonces_kept_for(window: Duration) -> Duration {
    NONCE_MEMORY.max(window * 2 + Duration::from_secs(2))
}

fn read_headers(headers: &HeaderMap) -> Result<SignedHeaders, SignatureError> {
    SignedHeaders::read(|name| headers.get(name).and_then(|value| value.to_str().ok()))
}

/// The defects for which a request without a signature goes on, and so needs its body.
#[cfg(feature = "defects")]
const TAKE_BODIES_UNSIGNED: [&str; 5] = [
    "registration-goes-unsigned",
    "heartbeat-goes-unsigned",
    "agent-needs-no-signature",
    "agent-takes-signature-prefix",
    "agent-executes-what-it-refuses",
];

pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
