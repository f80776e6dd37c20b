//! Calls to the gateway.

use persys_contract::{ErrorBody, REQUEST_ID};
use persys_identity::CredentialError;
use persys_reference_base::defect;
use reqwest::{Method, RequestBuilder, Response, Url, header::COOKIE};
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
        let config = settings.credentials.load().and_then(|loaded| loaded.client_config());
        let http = build(
            defect!(
                "cli-trusts-any-gateway",
                config.map(persys_reference_base::defects::trusting_client_config),
                config,
            ),
            given,
        )?;
        Ok(Self { http, gateway: settings.gateway.clone(), verbose: given.verbose })
    }

    pub fn gateway(&self) -> &Url {
        &self.gateway
    }

    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.call(self.request(Method::GET, url)).await
    }

    /// The same as somebody who has logged in.
    pub async fn get_as(&self, token: &str, path: &[&str]) -> Result<Value, Failure> {
        self.call(self.request(Method::GET, self.url(path)).bearer_auth(token)).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let mut request = self.request(method, self.url(path));
        if let Some(body) = body {
            request = request.json(body);
        }
        self.call(request).await
    }

    /// The gateway's answer as a browser gets it.
    pub async fn visit(&self, url: Url, cookies: Option<&str>) -> Result<Response, Failure> {
        // The query bears what is for the gateway alone.
        let told = shown(&url);
        let mut request = self.request_told_as(Method::GET, url, &told);
        if let Some(cookies) = cookies {
            request = request.header(COOKIE, cookies);
        }
        request.send().await.map_err(|error| unreachable(&self.gateway, &error))
    }

    pub fn url(&self, path: &[&str]) -> Url {
        let mut url = self.gateway.clone();
        // An https address can always bear a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        url
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let told = url.clone();
        self.request_told_as(method, url, &told)
    }

    fn request_told_as(&self, method: Method, url: Url, told: &Url) -> RequestBuilder {
        let id = uuid::Uuid::new_v4().to_string();
        if self.verbose {
            eprintln!("{method} {told} request id {id}");
        }
        self.http.request(method, url).header(REQUEST_ID, id)
    }

    async fn call(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let response = request.send().await.map_err(|error| unreachable(&self.gateway, &error))?;
        self.read(response).await
    }

    /// The answer's JSON; `null` where the answer has no body.
    pub async fn read(&self, response: Response) -> Result<Value, Failure> {
        let status = response.status();
        let bytes = response.bytes().await.map_err(|error| unreachable(&self.gateway, &error))?;
        if !status.is_success() {
            let refusal = serde_json::from_slice::<ErrorBody>(&bytes);
            let refusal = refusal.unwrap_or_else(|_| ErrorBody {
                error: "the gateway refused without a reason".to_owned(),
                code: format!("status {}", status.as_u16()),
            });
            defect!("cli-swallows-reasons" => return Err(Failure::Refused {
                error: "the request failed".to_owned(),
                code: "failed".to_owned(),
            }));
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

/// For addresses other than the gateway's: trusts the same authority and shows nobody
/// the user's certificate.
pub fn web_client(
    settings: &Settings,
    given: &ConnectionArguments,
) -> Result<reqwest::Client, Failure> {
    let loaded = settings.credentials.load();
    build(loaded.map(|loaded| loaded.client_config_without_certificate()), given)
}

fn build(
    config: Result<rustls::ClientConfig, CredentialError>,
    given: &ConnectionArguments,
) -> Result<reqwest::Client, Failure> {
    let config = config.map_err(|error| Failure::Usage(format!("failed to {error}")))?;
    reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        // The certificate is meant for the gateway, not for a proxy on the way.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(given.timeout)
        .user_agent(concat!("persys-cli/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Failure::Usage(format!("failed to set up TLS: {}", causes(&error))))
}

/// An address without its query.
fn shown(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

/// That nobody answered at an address.
pub fn unreachable(base: &Url, error: &reqwest::Error) -> Failure {
    Failure::Unreachable(format!("failed to reach {}: {}", shown(base), causes(error)))
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
