//! One HTTP request and its answer, as they were on the wire.

use std::{fmt, marker::PhantomData, time::Duration};

use bytes::Bytes;
use persys_contract::{ErrorBody, ErrorCode};
use reqwest::{Method, header::HeaderMap};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::Question;
use crate::evidence::StepError;

/// How much of a body a message quotes.
const QUOTED: usize = 300;

/// One HTTP request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub question: Question,
    pub method: Method,
    /// Path and query exactly as they were sent.
    pub path: String,
    /// When the request was sent, by this machine's clock.
    pub sent_at: OffsetDateTime,
    /// From the first byte of the connection to the last byte of the answer.
    pub duration: Duration,
    /// How much of it this machine stood still ([`crate::standstill`]).
    pub standstill: Duration,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The request id that was sent.
    pub request_id: Option<String>,
}

impl Exchange {
    #[cfg(test)]
    pub(crate) fn example(status: u16, body: &str) -> Self {
        Self {
            question: Question::new("the gateway", "https://10.77.0.20:8551", "GET /nodes"),
            method: Method::GET,
            path: "/nodes".into(),
            sent_at: OffsetDateTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            standstill: Duration::ZERO,
            status,
            headers: HeaderMap::new(),
            body: body.to_owned().into(),
            request_id: Some("id-1".into()),
        }
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the answer took while this machine was there to see it.
    pub fn attended(&self) -> Duration {
        self.duration.saturating_sub(self.standstill)
    }

    /// A response header's value; `None` too when it is not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as the type that the contract gives it; anything else is the
    /// platform's failure.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            StepError::failed(format!(
                "{self}, and the body is not what the contract says: {error}; it is {}",
                self.quoted()
            ))
        })
    }

    /// The body of a refusal, when it has the contract's form.
    pub fn error_body(&self) -> Option<ErrorBody> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether this is exactly the refusal `code`: its status and its code.
    pub fn is_refusal(&self, code: ErrorCode) -> bool {
        self.status == code.status()
            && self.error_body().is_some_and(|body| body.code == code.as_str())
    }

    /// The refusal's body when it is exactly `code`; anything else is the platform's failure.
    pub fn refused(&self, code: ErrorCode) -> Result<ErrorBody, StepError> {
        self.error_body()
            .filter(|_| self.is_refusal(code))
            .ok_or_else(|| StepError::failed(format!("{self}, expected {} {code}", code.status())))
    }

    /// The body for a message: its beginning, quoted.
    fn quoted(&self) -> String {
        let text = self.text();
        let short: String = text.chars().take(QUOTED).collect();
        let more = if short.len() < text.len() { " …" } else { "" };
        format!("{short:?}{more}")
    }
}

/// `the gateway answered GET /nodes with 503 store_unavailable ("…")`
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Question { who, what, .. } = &self.question;
        write!(f, "{who} answered {what} with {}", self.status)?;
        match self.error_body() {
            _ if self.is_success() => Ok(()),
            Some(body) => write!(f, " {} ({:?})", body.code, body.error),
            None if self.body.is_empty() => Ok(()),
            None => write!(f, " and the body {}", self.quoted()),
        }
    }
}

/// An exchange whose successful body is a `T`.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    pub exchange: Exchange,
    value: PhantomData<fn() -> T>,
}

impl<T> From<Exchange> for Answer<T> {
    fn from(exchange: Exchange) -> Self {
        Self { exchange, value: PhantomData }
    }
}

impl<T: DeserializeOwned> Answer<T> {
    pub fn status(&self) -> u16 {
        self.exchange.status
    }

    /// The value of a successful answer; a refusal, or a body of another form,
    /// is the platform's failure.
    pub fn ok(&self) -> Result<T, StepError> {
        if !self.exchange.is_success() {
            return Err(StepError::failed(self.exchange.to_string()));
        }
        self.exchange.json()
    }

    /// The same, with `None` for exactly the refusal 404 `not_found`.
    pub fn found(&self) -> Result<Option<T>, StepError> {
        if self.exchange.is_refusal(ErrorCode::NotFound) {
            return Ok(None);
        }
        self.ok().map(Some)
    }

    /// The refusal's body when it is exactly `code`; anything else is the platform's failure.
    pub fn refused(&self, code: ErrorCode) -> Result<ErrorBody, StepError> {
        self.exchange.refused(code)
    }
}
