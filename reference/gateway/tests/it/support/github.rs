//! GitHub's stand-in in this process, and what it shares with the gateway.

use std::{fs, net::SocketAddr};

use clap::Parser;
use persys_contract::Role;
use persys_identity::CertificateSpec;
use persys_reference_base::service::Lifecycle;
use reqwest::{Client, Method, redirect::Policy};
use serde_json::Value;
use tokio::task::JoinHandle;
use url::Url;

use super::{FakeDns, Pki, TestGateway};

pub const CALLBACK: &str = "https://gateway.example:8551/auth/callback";
const CLIENT_ID: &str = "the-app";
const ADMIN_TOKEN: &str = "the-admin-token";
pub const SECRETS: [(&str, &str); 4] = [
    ("client-secret", "the-client-secret"),
    ("webhook-secret", "the-webhook-secret"),
    ("admin-token", ADMIN_TOKEN),
    ("jwt-key", "the key of the gateway's tokens, of 32 bytes and more"),
];

/// The secrets and certificates, and the flags that name them.
pub struct GitHubSite {
    pub pki: Pki,
}

impl GitHubSite {
    pub fn create() -> Self {
        let pki = Pki::create();
        pki.issue(&CertificateSpec::server("github").with_ip([127, 0, 0, 1]));
        pki.client(Role::Client);
        for (name, text) in SECRETS {
            fs::write(pki.folder().join(name), format!("{text}\n")).unwrap();
        }
        Self { pki }
    }

    fn path(&self, name: &str) -> String {
        self.pki.folder().join(name).to_str().unwrap().to_owned()
    }

    /// The gateway's configuration of GitHub at an address.
    pub fn flags(&self, github: SocketAddr) -> Vec<String> {
        [
            ("github-url", format!("https://{github}")),
            ("github-api-url", format!("https://{github}/api/v3")),
            ("github-client-id", CLIENT_ID.to_owned()),
            ("github-client-secret-file", self.path("client-secret")),
            ("github-webhook-secret-file", self.path("webhook-secret")),
            ("jwt-key-file", self.path("jwt-key")),
            ("public-url", "https://gateway.example:8551".to_owned()),
        ]
        .map(|(name, value)| format!("--{name}={value}"))
        .into()
    }

    /// A gateway that waits 1 s for GitHub; it needs no scheduler.
    pub async fn gateway(&self, github: SocketAddr) -> TestGateway {
        self.gateway_with(github, &[]).await
    }

    pub async fn gateway_with(&self, github: SocketAddr, more: &[&str]) -> TestGateway {
        let dns = FakeDns::start().await;
        let flags = self.flags(github);
        let mut flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        flags.push("--request-timeout=1");
        flags.extend(more);
        TestGateway::start(&self.pki, dns.address, &flags).await
    }

    /// A browser at GitHub: it follows no redirect by itself.
    pub fn browser(&self) -> Client {
        let config = self.pki.files("client").load().unwrap().client_config_without_certificate();
        Client::builder()
            .tls_backend_preconfigured(config)
            .no_proxy()
            .redirect(Policy::none())
            .user_agent("a browser")
            .build()
            .unwrap()
    }
}

/// Serves until it is dropped.
pub struct TestGitHub {
    pub address: SocketAddr,
    browser: Client,
    lifecycle: Lifecycle,
    serving: JoinHandle<()>,
}

impl Drop for TestGitHub {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

impl TestGitHub {
    pub async fn start(site: &GitHubSite) -> Self {
        Self::start_at(site, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub async fn start_at(site: &GitHubSite, address: SocketAddr) -> Self {
        let pair = |name: &str, suffix: &str| site.path(&format!("{name}.{suffix}"));
        let line = [
            ("listen", address.to_string()),
            ("tls-cert", pair("github", "crt")),
            ("tls-key", pair("github", "key")),
            ("tls-ca", site.path("ca.crt")),
            ("webhook-cert", pair("client", "crt")),
            ("webhook-key", pair("client", "key")),
            ("data-dir", site.path("github-data")),
            ("github-client-id", CLIENT_ID.to_owned()),
            ("github-client-secret-file", site.path("client-secret")),
            ("github-webhook-secret-file", site.path("webhook-secret")),
            ("github-callback-url", CALLBACK.to_owned()),
            ("admin-token-file", site.path("admin-token")),
        ]
        .map(|(name, value)| format!("--{name}={value}"));
        let config =
            persys_github::Config::try_parse_from(["x".to_owned()].into_iter().chain(line));
        let lifecycle = Lifecycle::default();
        let (listeners, address) = persys_github::start(config.unwrap(), &lifecycle).await.unwrap();
        let serving = tokio::spawn(listeners.serve_until_stopped(async {}));
        Self { address, browser: site.browser(), lifecycle, serving }
    }

    pub async fn stop(mut self) {
        self.lifecycle.stop();
        (&mut self.serving).await.unwrap();
    }

    /// What a browser is answered that goes where the gateway sent it.
    pub async fn visit(&self, url: &Url) -> reqwest::Response {
        self.browser.get(url.clone()).send().await.unwrap()
    }

    /// A request to the tests' interface.
    pub async fn order(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("https://{}/_test{path}", self.address);
        let request = self.browser.request(method, url).bearer_auth(ADMIN_TOKEN);
        let response =
            request.body(body.to_string()).send().await.unwrap().error_for_status().unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }
}
