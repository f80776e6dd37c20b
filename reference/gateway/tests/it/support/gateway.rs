//! A gateway in this process, and its callers.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use clap::Parser;
use http::{HeaderMap, Method};
use persys_contract::{ErrorBody, GatewayHealth, Role};
use persys_gateway::{Addresses, Config};
use persys_identity::LoadedCredentials;
use persys_reference_base::service::Lifecycle;
use reqwest::Client;
use tokio::time::Instant;

use super::Pki;

pub struct TestGateway {
    pub addresses: Addresses,
    lifecycle: Lifecycle,
    client: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub took: Duration,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and code of a refusal.
    pub fn refusal(&self) -> (u16, String) {
        let body: ErrorBody = serde_json::from_slice(&self.body).unwrap();
        (self.status, body.code)
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

impl TestGateway {
    /// Looks for schedulers every 200 ms and waits 3 s for their answers, unless
    /// `flags` say otherwise.
    pub async fn start(pki: &Pki, dns: SocketAddr, flags: &[&str]) -> Self {
        let files = pki.files("api-gateway");
        let dns = dns.to_string();
        let mut line =
            vec!["api-gateway", "--listen-tls=127.0.0.1:0", "--listen-plain=127.0.0.1:0"];
        for (flag, path) in
            [("--tls-cert", &files.cert), ("--tls-key", &files.key), ("--tls-ca", &files.ca)]
        {
            line.extend([flag, path.to_str().unwrap()]);
        }
        line.extend(["--coredns-addr", &dns]);
        for default in ["--discovery-interval=0.2", "--request-timeout=3"] {
            let name = default.split('=').next().unwrap();
            if !flags.iter().any(|flag| flag.starts_with(name)) {
                line.push(default);
            }
        }
        line.extend(flags);
        let lifecycle = Lifecycle::default();
        let config = Config::try_parse_from(line).unwrap();
        let (listeners, addresses) = persys_gateway::start(config, &lifecycle).await.unwrap();
        tokio::spawn(listeners.serve_until_stopped(async {}));
        let client = client(&pki.client(Role::Client));
        Self { addresses, lifecycle, client }
    }

    pub fn is_ready(&self) -> bool {
        self.lifecycle.is_ready()
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, "").await
    }

    pub async fn post(&self, path: &str, body: impl Into<Bytes>) -> Reply {
        self.call(Method::POST, path, body).await
    }

    pub async fn call(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Reply {
        let request = self.client.request(method, self.url(path)).body(body.into());
        self.send(request).await
    }

    pub async fn call_with(&self, path: &str, header: (&str, &str)) -> Reply {
        self.send(self.client.get(self.url(path)).header(header.0, header.1)).await
    }

    /// A request to be completed and then sent with [`Self::send`].
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let started = Instant::now();
        let response = request.send().await.unwrap();
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap(),
            took: started.elapsed(),
        }
    }

    /// What somebody else gets for `GET /nodes`, or why there is no answer.
    pub async fn status_for(&self, caller: &LoadedCredentials) -> Result<u16, reqwest::Error> {
        self.status_of(caller, "/nodes").await
    }

    pub async fn status_of(
        &self,
        caller: &LoadedCredentials,
        path: &str,
    ) -> Result<u16, reqwest::Error> {
        let response = client(caller).get(self.url(path)).send().await?;
        Ok(response.status().as_u16())
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.addresses.mutual_tls)
    }

    pub async fn plain(&self, path: &str) -> Reply {
        let url = format!("http://{}{path}", self.addresses.plain);
        self.send(self.client.get(url)).await
    }

    pub async fn health(&self) -> GatewayHealth {
        serde_json::from_slice(&self.plain("/health").await.body).unwrap()
    }

    pub async fn metric(&self, start: &str) -> Option<String> {
        let reply = self.plain("/metrics").await;
        let line = reply.text().lines().find(|line| line.starts_with(start));
        line.map(|line| line.rsplit(' ').next().unwrap().to_owned())
    }
}

/// Shows a certificate, and follows no redirect.
pub fn client(credentials: &LoadedCredentials) -> Client {
    Client::builder()
        .tls_backend_preconfigured(credentials.client_config().unwrap())
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}
