//! Ways to get a request past the check of its signature, none of which may work.

use persys_contract::{ErrorCode, NONCE_HEADER, SIGNATURE_HEADER, SignedHeaders, TIMESTAMP_HEADER};
use reqwest::Method;
use time::{Duration, OffsetDateTime};

use super::{receiver::Order, remembered};
use crate::{
    context::Context,
    evidence::StepError,
    probe::{HttpRequest, ProbeError, SignedProbe, Signing},
};

/// A kind of tricks that meet the same refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    Missing,
    Malformed,
    WrongKey,
    Tampered,
    Stale,
}

/// A request that is sent as it stands.
pub struct Attempt {
    /// What is wrong with it.
    pub what: String,
    pub request: HttpRequest,
}

impl Trick {
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Missing => ErrorCode::MissingSignature,
            Self::Malformed => ErrorCode::MalformedSignature,
            Self::WrongKey | Self::Tampered => ErrorCode::BadSignature,
            Self::Stale => ErrorCode::StaleTimestamp,
        }
    }

    /// Every way to try it with this order.
    pub fn attempts(
        self,
        cx: &Context,
        probe: &SignedProbe,
        order: &Order,
    ) -> Result<Vec<Attempt>, StepError> {
        let request = &order.request;
        match self {
            Self::Missing => Ok(missing(request, &probe.sign(request, &Signing::default())?)),
            Self::Malformed => Ok(malformed(request, &probe.sign(request, &Signing::default())?)),
            Self::WrongKey => Ok(wrong_key(probe, request)?),
            Self::Tampered => Ok(tampered(probe, request)?),
            Self::Stale => stale(cx, probe, request),
        }
    }
}

fn attempt(what: &str, request: HttpRequest) -> Attempt {
    Attempt { what: what.to_owned(), request }
}

/// The request with these headers; one that is empty is left out.
fn with(request: &HttpRequest, headers: &SignedHeaders) -> HttpRequest {
    let given = headers.pairs().into_iter().filter(|(_, value)| !value.is_empty());
    given.fold(request.clone(), |request, (name, value)| request.header(name, value))
}

fn missing(request: &HttpRequest, good: &SignedHeaders) -> Vec<Attempt> {
    let without = |change: fn(&mut SignedHeaders)| {
        let mut headers = good.clone();
        change(&mut headers);
        with(request, &headers)
    };
    vec![
        attempt("no header at all", request.clone()),
        attempt(&format!("no {TIMESTAMP_HEADER}"), without(|h| h.timestamp.clear())),
        attempt(&format!("no {NONCE_HEADER}"), without(|h| h.nonce.clear())),
        attempt(&format!("no {SIGNATURE_HEADER}"), without(|h| h.signature.clear())),
    ]
}

fn malformed(request: &HttpRequest, good: &SignedHeaders) -> Vec<Attempt> {
    let signature = good.signature.as_str();
    let digits = signature.trim_start_matches("v1=");
    let signatures = [
        ("a signature without v1=", digits.to_owned()),
        ("a signature of version 2", format!("v2={digits}")),
        ("a signature that is too short", signature[..signature.len() - 2].to_owned()),
        ("a signature that is too long", format!("{signature}00")),
        ("a signature that is not hexadecimal", format!("v1={}", "g".repeat(64))),
    ];
    let timestamps = [
        ("a timestamp that is no number", "now".to_owned()),
        ("a timestamp with a sign", format!("+{}", good.timestamp)),
        ("a timestamp with a fraction", format!("{}.5", good.timestamp)),
        ("a timestamp beyond 64 bits", "9".repeat(40)),
    ];
    let nonces = [
        ("a nonce that is too short", good.nonce[..30].to_owned()),
        ("a nonce that is too long", format!("{}00", good.nonce)),
        ("a nonce that is not hexadecimal", "z".repeat(32)),
    ];
    let signatures = signatures
        .into_iter()
        .map(|(what, signature)| (what, SignedHeaders { signature, ..good.clone() }));
    let timestamps = timestamps
        .into_iter()
        .map(|(what, timestamp)| (what, SignedHeaders { timestamp, ..good.clone() }));
    let nonces =
        nonces.into_iter().map(|(what, nonce)| (what, SignedHeaders { nonce, ..good.clone() }));
    let all = signatures.chain(timestamps).chain(nonces);
    all.map(|(what, headers)| attempt(what, with(request, &headers))).collect()
}

fn wrong_key(probe: &SignedProbe, request: &HttpRequest) -> Result<Vec<Attempt>, ProbeError> {
    let keys = [
        ("signed with another key", "0".repeat(64)),
        ("signed with the vectors' key", "test-secret".to_owned()),
        ("signed with the empty key", String::new()),
    ];
    keys.into_iter()
        .map(|(what, secret)| {
            let signing = Signing { secret: Some(secret), ..Signing::default() };
            Ok(attempt(what, with(request, &probe.sign(request, &signing)?)))
        })
        .collect()
}

/// What is sent differs in one thing from what was signed.
fn tampered(probe: &SignedProbe, request: &HttpRequest) -> Result<Vec<Attempt>, ProbeError> {
    let signed = |what: &str, as_signed: HttpRequest| {
        let headers = probe.sign(&as_signed, &Signing::default())?;
        Ok(attempt(what, with(request, &headers)))
    };
    let other_body = [&request.body[..], b" "].concat();
    let mut attempts = vec![
        signed("another method", HttpRequest { method: Method::PUT, ..request.clone() })?,
        signed("another path", HttpRequest { path: "/other".to_owned(), ..request.clone() })?,
        signed(
            "another query",
            HttpRequest { path: format!("{}?x=1", request.path), ..request.clone() },
        )?,
        signed("another body", request.clone().body(other_body))?,
        signed("no body", request.clone().body(""))?,
    ];
    let good = probe.sign(request, &Signing::default())?;
    let later = good.timestamp.parse::<u64>().unwrap_or_default() + 1;
    let headers = SignedHeaders { timestamp: later.to_string(), ..good.clone() };
    attempts.push(attempt("another timestamp", with(request, &headers)));
    let headers = SignedHeaders { nonce: "0".repeat(32), ..good.clone() };
    attempts.push(attempt("another nonce", with(request, &headers)));
    let last = if good.signature.ends_with('0') { "1" } else { "0" };
    let signature = format!("{}{last}", &good.signature[..good.signature.len() - 1]);
    let headers = SignedHeaders { signature, ..good };
    attempts.push(attempt("another signature by its last digit", with(request, &headers)));
    Ok(attempts)
}

fn stale(
    cx: &Context,
    probe: &SignedProbe,
    request: &HttpRequest,
) -> Result<Vec<Attempt>, StepError> {
    let window = remembered::window(cx)?;
    // The machines' clocks may differ a little.
    let off = window + Duration::seconds(5);
    let now = OffsetDateTime::now_utc();
    let moments = [
        ("signed too long ago", now - off),
        ("signed a day ago", now - Duration::DAY),
        ("signed in the future", now + off),
        ("signed at the beginning of time", OffsetDateTime::UNIX_EPOCH),
    ];
    moments
        .into_iter()
        .map(|(what, at)| {
            let signing = Signing { at: Some(at), ..Signing::default() };
            Ok(attempt(what, with(request, &probe.sign(request, &signing)?)))
        })
        .collect()
}
