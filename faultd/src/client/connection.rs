//! Requests and answers of one daemon.

use std::{net::SocketAddr, time::Duration};

use persys_identity::LoadedCredentials;
use reqwest::{Client, Method, RequestBuilder};
use serde::{Serialize, de::DeserializeOwned};

use super::FaultError;
use crate::protocol::{RefusalBody, RefusalCode, TOPOLOGY_HEADER};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Below the time after which the daemon closes an idle connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Speaks with one daemon.
pub(super) struct Connection {
    http: Client,
    base: String,
    machine: String,
    token: String,
}

impl Connection {
    /// For requests that the daemon answers at once.
    pub(super) const QUICK: Duration = Duration::from_secs(5);
    /// For looks at the machine: a slow one asks systemd, and reads all processes, for
    /// some seconds. Who cannot wait that long bounds it.
    pub(super) const LOOK: Duration = Duration::from_secs(20);
    /// For requests that wait for an effect, such as the orderly stop of a component.
    pub(super) const PATIENT: Duration = Duration::from_secs(60);

    pub(super) fn new(
        machine: &str,
        address: SocketAddr,
        credentials: &LoadedCredentials,
        token: &str,
    ) -> Result<Self, FaultError> {
        let setup = |detail: String| FaultError::Setup { machine: machine.to_owned(), detail };
        let tls = credentials.client_config().map_err(|error| setup(error.to_string()))?;
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| setup(chain(&error)))?;
        Ok(Self {
            http,
            base: format!("https://{address}"),
            machine: machine.to_owned(),
            token: token.to_owned(),
        })
    }

    pub(super) fn machine(&self) -> &str {
        &self.machine
    }

    pub(super) async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, FaultError> {
        self.send(self.request(Method::GET, path).timeout(Self::LOOK)).await
    }

    pub(super) async fn send_json<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        within: Duration,
    ) -> Result<A, FaultError> {
        self.send(self.request(method, path).timeout(within).json(body)).await
    }

    pub(super) async fn delete<A: DeserializeOwned>(
        &self,
        path: &str,
        within: Duration,
    ) -> Result<A, FaultError> {
        self.send(self.request(Method::DELETE, path).timeout(within)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .header(TOPOLOGY_HEADER, &self.token)
    }

    async fn send<A: DeserializeOwned>(&self, request: RequestBuilder) -> Result<A, FaultError> {
        let unreachable = |error: reqwest::Error| FaultError::Unreachable {
            machine: self.machine.clone(),
            detail: chain(&error),
        };
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(unreachable)?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|error| self.garbled(format!("the body of a {status}: {error}")));
        }
        match serde_json::from_slice::<RefusalBody>(&body) {
            Ok(RefusalBody { error, code: RefusalCode::Unsupported, missing }) => {
                Err(FaultError::Unsupported { machine: self.machine.clone(), missing, error })
            }
            Ok(RefusalBody { error, code, .. }) => {
                Err(FaultError::Refused { machine: self.machine.clone(), code, error })
            }
            Err(_) => {
                let text = String::from_utf8_lossy(&body);
                let start: String = text.chars().take(200).collect();
                Err(self.garbled(format!("status {status}: {start}")))
            }
        }
    }

    fn garbled(&self, detail: String) -> FaultError {
        FaultError::Garbled { machine: self.machine.clone(), detail }
    }
}

/// An error with all its causes; the outermost alone says little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
