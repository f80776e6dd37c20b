//! Calls to the gateway.

use persys_contract::{ErrorBody, REQUEST_ID};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::{arguments::ConnectionArguments, failure::Failure, settings::Settings};

/// One gateway, called under one certificate.
pub struct Client {
    http: reqwest::Client,
    gateway: Url,
    verbose: bool,
}

impl Client {
    pub fn new(settings: &Settings, given: &ConnectionArguments) -> Result<Self, Failure> {
        let config = settings
            .credentials
            .load()
            .and_then(|loaded| loaded.client_config())
            .map_err(|error| Failure::Usage(format!("failed to {error}")))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            // The certificate is meant for the gateway, not for a proxy on the way.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(given.timeout)
            .build()
            .map_err(|error| Failure::Usage(format!("failed to set up TLS: {}", causes(&error))))?;
        Ok(Self { http, gateway: settings.gateway.clone(), verbose: given.verbose })
    }

    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.call(Method::GET, url, None).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        self.call(method, self.url(path), body).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.gateway.clone();
        // An https address can always bear a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        url
    }

    /// The answer's JSON; `null` where the answer has no body.
    async fn call(&self, method: Method, url: Url, body: Option<&Value>) -> Result<Value, Failure> {
        let id = uuid::Uuid::new_v4().to_string();
        if self.verbose {
            eprintln!("{method} {url} request id {id}");
        }
        let mut request = self.http.request(method, url).header(REQUEST_ID, &id);
        if let Some(body) = body {
            request = request.json(body);
        }
        let unreachable = |error: reqwest::Error| {
            Failure::Unreachable(format!("failed to reach {}: {}", self.gateway, causes(&error)))
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(unreachable)?;
        if !status.is_success() {
            let refusal = serde_json::from_slice::<ErrorBody>(&bytes);
            let refusal = refusal.unwrap_or_else(|_| ErrorBody {
                error: "the gateway refused without a reason".to_owned(),
                code: format!("status {}", status.as_u16()),
            });
            return Err(Failure::Refused { error: refusal.error, code: refusal.code });
        }
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure::Unreachable(format!("failed to read the gateway's answer: {error}"))
        })
    }
}

/// An error with what is behind it; the outermost text alone names only the address.
fn causes(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
