//! The HTTP client below the probes of gateway, schedulers, agents and
//! published ports: one connection per request, no proxy, no redirect.

use std::{sync::Arc, time::Duration};

use persys_contract::REQUEST_ID;
use persys_identity::LoadedCredentials;
use reqwest::{
    Client, Method, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::{
    Cause, Conformance, Exchange, ProbeError, Question, Secrets, error::cause_of,
    evidence::Evidence,
};

/// The kind of the evidence.
const KIND: &str = "http";
/// How long a connection and its handshake may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Bodies are kept up to this length, in bytes.
const LONGEST_BODY: usize = 16 << 20;

/// A request to be sent, in full.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    pub method: Method,
    /// Path and query, from the slash on.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The answer bears a token or a code: neither its body nor where it leads to
    /// is written into the evidence.
    pub confidential: bool,
}

impl HttpRequest {
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { method, path, headers: HeaderMap::new(), body: Vec::new(), confidential: false }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// With a body in JSON, and the content type that says so.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_default();
        self.header("content-type", "application/json").body(body)
    }

    /// With a body as it is, and no content type.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With an answer that is not to be written down.
    #[must_use]
    pub fn confidential(self) -> Self {
        Self { confidential: true, ..self }
    }

    /// With a header. One that HTTP cannot carry is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) =
            (name.parse::<HeaderName>(), HeaderValue::from_bytes(value.as_bytes()))
        {
            self.headers.insert(name, value);
        }
        self
    }
}

/// One HTTP endpoint, asked for evidence.
#[derive(Clone)]
pub(super) struct HttpProbe {
    who: Arc<str>,
    base: Arc<str>,
    client: Client,
    timeout: Duration,
    conformance: Conformance,
    secrets: Secrets,
    evidence: Evidence,
}

impl HttpProbe {
    /// `credentials` make it mutual TLS; `address` is `ip:port`.
    pub fn new(
        who: impl Into<Arc<str>>,
        address: impl std::fmt::Display,
        credentials: Option<&LoadedCredentials>,
        conformance: Conformance,
        secrets: Secrets,
        evidence: Evidence,
    ) -> Result<Self, ProbeError> {
        let who = who.into();
        let problem = |error: &dyn std::fmt::Display| {
            ProbeError::setup(format!("make a client for {who}: {error}"))
        };
        persys_identity::install_crypto();
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            // A connection kept from before a fault would tell of the fault, not of the platform.
            .pool_max_idle_per_host(0);
        if let Some(credentials) = credentials {
            let config = credentials.client_config().map_err(|error| problem(&error))?;
            builder = builder.https_only(true).tls_backend_preconfigured(config);
        }
        let scheme = if credentials.is_some() { "https" } else { "http" };
        let client = builder.build().map_err(|error| problem(&error))?;
        Ok(Self {
            who,
            base: format!("{scheme}://{address}").into(),
            client,
            timeout: Duration::from_secs(10),
            conformance,
            secrets,
            evidence,
        })
    }

    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// The path and query that will be sent for a path as it was given.
    pub fn path_as_sent(&self, path: &str) -> Result<String, ProbeError> {
        Ok(path_of(&self.url(path)?))
    }

    fn url(&self, path: &str) -> Result<Url, ProbeError> {
        Url::parse(&format!("{}{path}", self.base)).map_err(|error| {
            ProbeError::setup(format!("make an address of {}{path}: {error}", self.base))
        })
    }

    /// Sends a request and records the exchange. What the answer says is data; a
    /// general property that it breaks fails the running step in any case.
    pub async fn send(&self, request: HttpRequest) -> Result<Exchange, ProbeError> {
        let HttpRequest { method, path, mut headers, body, confidential } = request;
        let url = self.url(&path)?;
        let path = path_of(&url);
        if self.conformance.request_id && !headers.contains_key(REQUEST_ID) {
            let id = uuid::Uuid::new_v4().to_string();
            headers
                .insert(REQUEST_ID, HeaderValue::from_str(&id).expect("a UUID is a header value"));
        }
        let request_id =
            headers.get(REQUEST_ID).map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        let question = Question::new(&*self.who, &self.base, format!("{method} {path}"));
        let (sent_at, started) = (OffsetDateTime::now_utc(), Instant::now());
        let mut builder = self.client.request(method.clone(), url).headers(headers.clone());
        if !body.is_empty() {
            builder = builder.body(body.clone());
        }
        let received = tokio::time::timeout(self.timeout, receive(builder)).await;
        let (status, answer_headers, answer) = match received {
            Ok(Ok(answer)) => answer,
            Ok(Err(cause)) => return Err(self.evidence.unanswered(KIND, question, cause)),
            Err(_) => {
                let cause = Cause::Timeout(self.timeout);
                return Err(self.evidence.unanswered(KIND, question, cause));
            }
        };
        let exchange = Exchange {
            question,
            method,
            path,
            sent_at,
            duration: started.elapsed(),
            standstill: self.evidence.standstill(started.into_std()),
            status,
            headers: answer_headers,
            body: answer,
            request_id,
        };
        self.record(&exchange, &body, confidential);
        for broken in self.conformance.violations(&exchange, &body, &self.secrets) {
            self.evidence.violation(format!("{exchange}: {broken}"));
        }
        Ok(exchange)
    }

    fn record(&self, exchange: &Exchange, sent: &[u8], confidential: bool) {
        let kept = ["content-type", persys_contract::SERVICE_NAME, "location", "set-cookie"];
        let kept = if confidential && exchange.status < 400 { &kept[..2] } else { &kept[..] };
        let headers: serde_json::Map<_, _> = kept
            .iter()
            .copied()
            .filter_map(|name| Some((name.to_owned(), exchange.header(name)?.into())))
            .collect();
        let summary =
            format!("{} {} on {} → {}", exchange.method, exchange.path, self.who, exchange.status);
        let mut data = json!({
            "address": exchange.question.address,
            "method": exchange.method.as_str(),
            "path": exchange.path,
            "status": exchange.status,
            "headers": headers,
            "body": readable(&exchange.body),
        });
        if confidential && exchange.status < 400 {
            data["body"] = format!("{} bytes, confidential", exchange.body.len()).into();
        }
        if !sent.is_empty() {
            data["sent"] = readable(sent);
        }
        let mut passing = json!({
            "ms": exchange.duration.as_secs_f64() * 1000.0,
            "requestId": exchange.header(REQUEST_ID),
        });
        if !exchange.standstill.is_zero() {
            passing["standstillMs"] = (exchange.standstill.as_secs_f64() * 1000.0).into();
        }
        self.evidence.saw(KIND, summary, data, passing);
    }
}

/// Path and query as they are sent.
fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

type Received = (u16, HeaderMap, bytes::Bytes);

async fn receive(builder: reqwest::RequestBuilder) -> Result<Received, Cause> {
    let mut response = builder.send().await.map_err(|error| cause(&error))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| cause(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_BODY {
            return Err(Cause::Protocol(format!("the body is longer than {LONGEST_BODY} bytes")));
        }
    }
    Ok((status, headers, body.into()))
}

fn cause(error: &reqwest::Error) -> Cause {
    if error.is_connect() && error.is_timeout() {
        return Cause::Unreachable("the host does not answer".to_owned());
    }
    let fallback = if error.is_connect() { Cause::Unreachable } else { Cause::Broken };
    cause_of(error, fallback)
}

/// A body as JSON where it is, as text where it is not.
pub(super) fn readable(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}
