//! The sending end.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, StatusCode, header::CONTENT_TYPE};
use persys_contract::{ErrorBody, REQUEST_ID, SignatureKey};
use reqwest::Url;
use serde::{Serialize, de::DeserializeOwned};

use super::check::unix_now;
use crate::RequestId;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 16 << 20;

/// Why a call brought no usable answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallError {
    #[error("reach {address}: {cause}")]
    Unreachable { address: String, cause: String },
    #[error("get an answer of {address} in time")]
    TimedOut { address: String },
    #[error("have it done: {address} answered {status}, {code}: {message}")]
    Refused { address: String, status: u16, code: String, message: String },
    #[error("read the answer of {address}: {cause}")]
    Unreadable { address: String, cause: String },
    #[error("use the address {address}: {cause}")]
    BadAddress { address: String, cause: String },
}

impl CallError {
    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The other side's own sentence, or ours about why there is none.
    pub fn message(&self) -> String {
        match self {
            Self::Refused { message, .. } => message.clone(),
            other => format!("failed to {other}"),
        }
    }
}

/// A successful answer.
#[derive(Clone, Debug)]
pub struct Reply {
    address: String,
    pub status: StatusCode,
    pub body: Bytes,
}

impl Reply {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|error| CallError::Unreadable {
            address: self.address.clone(),
            cause: error.to_string(),
        })
    }
}

/// Sends signed requests under the id of the request that is being served.
#[derive(Clone)]
pub struct SignedClient {
    http: reqwest::Client,
    key: SignatureKey,
    timeout: Duration,
}

impl SignedClient {
    /// `timeout` bounds a whole call.
    pub fn new(key: SignatureKey, timeout: Duration) -> Result<Self, reqwest::Error> {
        persys_identity::install_crypto();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .build()?;
        Ok(Self { http, key, timeout })
    }

    /// The same, with the same connections, but with another time for a call.
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    pub async fn get(&self, base: &str, path: &str) -> Result<Reply, CallError> {
        self.send(Method::GET, base, path, None).await
    }

    pub async fn delete(&self, base: &str, path: &str) -> Result<Reply, CallError> {
        self.send(Method::DELETE, base, path, None).await
    }

    /// A POST without a body.
    pub async fn post_empty(&self, base: &str, path: &str) -> Result<Reply, CallError> {
        self.send(Method::POST, base, path, None).await
    }

    pub async fn post<T: Serialize + ?Sized>(
        &self,
        base: &str,
        path: &str,
        body: &T,
    ) -> Result<Reply, CallError> {
        let body = serde_json::to_vec(body).map_err(|error| CallError::BadAddress {
            address: format!("{base}{path}"),
            cause: format!("the body cannot be written: {error}"),
        })?;
        self.send(Method::POST, base, path, Some(body)).await
    }

    /// `base` is `http://host:port`, `path` begins with a slash and may have a query.
    async fn send(
        &self,
        method: Method,
        base: &str,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Reply, CallError> {
        let address = base.trim_end_matches('/').to_owned();
        let url = Url::parse(&format!("{address}{path}")).map_err(|error| {
            CallError::BadAddress { address: address.clone(), cause: error.to_string() }
        })?;
        // What is signed is the text that goes out, after the URL's own escaping.
        let sent = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let content = body.as_deref().unwrap_or_default();
        let headers = self.key.sign(method.as_str(), &sent, unix_now(), rand::random(), content);
        let mut request = self.http.request(method, url).timeout(self.timeout);
        for (name, value) in headers.pairs() {
            request = request.header(name, value);
        }
        request = request.header(REQUEST_ID, RequestId::current().unwrap_or_default().as_str());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let failed = |error: reqwest::Error| classify(&address, error);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(failed)? {
            if body.len() + part.len() > LARGEST_ANSWER {
                let cause = format!("it is larger than {LARGEST_ANSWER} bytes");
                return Err(CallError::Unreadable { address, cause });
            }
            body.extend_from_slice(&part);
        }
        if status.is_success() {
            return Ok(Reply { address, status, body: body.into() });
        }
        let told = serde_json::from_slice::<ErrorBody>(&body).unwrap_or_else(|_| ErrorBody {
            error: "no reason was given".to_owned(),
            code: "unknown".to_owned(),
        });
        let status = status.as_u16();
        Err(CallError::Refused { address, status, code: told.code, message: told.error })
    }
}

fn classify(address: &str, error: reqwest::Error) -> CallError {
    let address = address.to_owned();
    if error.is_timeout() {
        return CallError::TimedOut { address };
    }
    // The innermost cause says what happened; the outer ones repeat the address.
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let cause = cause.to_string();
    if error.is_connect() || error.is_request() {
        CallError::Unreachable { address, cause }
    } else {
        CallError::Unreadable { address, cause }
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
