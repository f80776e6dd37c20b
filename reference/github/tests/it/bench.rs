//! A stand-in that serves in this process, with what it needs in a folder of its own.

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use clap::Parser;
use persys_contract::Role;
use persys_github::Config;
use persys_identity::{Authority, CertificateSpec, install_crypto};
use persys_reference_base::service::Lifecycle;
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, redirect::Policy};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub const CLIENT_ID: &str = "persys-app";
pub const CLIENT_SECRET: &str = "the-app-secret";
pub const WEBHOOK_SECRET: &str = "the-webhook-secret";
pub const ADMIN_TOKEN: &str = "the-admin-token";
pub const CALLBACK: &str = "https://gateway.persys.local:8551/auth/callback";

/// Certificates and secrets of one run.
pub struct Site {
    pub folder: TempDir,
    pub authority: Authority,
}

impl Site {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create().unwrap();
        authority.write_certificate(folder.path()).unwrap();
        let server = CertificateSpec::server("github")
            .with_dns("localhost")
            .with_ip("127.0.0.1".parse::<std::net::IpAddr>().unwrap());
        authority.issue(&server).unwrap().write(folder.path()).unwrap();
        let client = CertificateSpec::client(Role::Client);
        authority.issue(&client).unwrap().write(folder.path()).unwrap();
        for (name, text) in [
            ("client-secret", CLIENT_SECRET),
            ("webhook-secret", WEBHOOK_SECRET),
            ("admin-token", ADMIN_TOKEN),
        ] {
            fs::write(folder.path().join(name), format!("{text}\n")).unwrap();
        }
        Self { folder, authority }
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Everything that a start needs, as environment variables.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LISTEN", "127.0.0.1:0".to_owned()),
            ("TLS_CERT", self.path("github.crt")),
            ("TLS_KEY", self.path("github.key")),
            ("TLS_CA", self.path("ca.crt")),
            ("DATA_DIR", self.path("data")),
            ("GITHUB_CLIENT_ID", CLIENT_ID.to_owned()),
            ("GITHUB_CLIENT_SECRET_FILE", self.path("client-secret")),
            ("GITHUB_CALLBACK_URL", CALLBACK.to_owned()),
            ("GITHUB_WEBHOOK_SECRET_FILE", self.path("webhook-secret")),
            ("ADMIN_TOKEN_FILE", self.path("admin-token")),
        ]
    }

    /// Trusts the run's authority, follows no redirect, and names no user agent.
    pub fn client(&self) -> Client {
        install_crypto();
        let ca = Certificate::from_pem(self.authority.cert_pem().as_bytes()).unwrap();
        Client::builder()
            .tls_certs_only([ca])
            .redirect(Policy::none())
            .timeout(std::time::Duration::from_secs(20))
            .no_proxy()
            .build()
            .unwrap()
    }
}

/// A running stand-in.
pub struct Bench {
    pub site: Arc<Site>,
    pub client: Client,
    pub address: SocketAddr,
    lifecycle: Lifecycle,
    serving: JoinHandle<()>,
}

impl Bench {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With more variables, or with other values.
    pub async fn start_with(more: &[(&'static str, &str)]) -> Self {
        Self::start_at(Arc::new(Site::new()), more).await
    }

    pub async fn start_at(site: Arc<Site>, more: &[(&'static str, &str)]) -> Self {
        install_crypto();
        let mut variables = site.environment();
        for (name, value) in more {
            variables.retain(|(other, _)| other != name);
            variables.push((name, (*value).to_owned()));
        }
        let flags = variables.iter().map(|(name, value)| {
            format!("--{}={value}", name.to_ascii_lowercase().replace('_', "-"))
        });
        let config =
            Config::try_parse_from(["persys-github".to_owned()].into_iter().chain(flags)).unwrap();
        let lifecycle = Lifecycle::default();
        let (listeners, address) = persys_github::start(config, &lifecycle).await.unwrap();
        assert!(lifecycle.is_ready());
        let serving = tokio::spawn(listeners.serve_until_stopped(async {}));
        Self { client: site.client(), site, address, lifecycle, serving }
    }

    /// Stops it and starts it again on the same folder.
    pub async fn restart(mut self) -> Self {
        self.lifecycle.stop();
        (&mut self.serving).await.unwrap();
        Self::start_at(self.site.clone(), &[]).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path)).header("user-agent", "persys-test")
    }

    /// A request to the API with a token.
    pub async fn api(&self, path: &str, token: &str) -> Response {
        self.get(&format!("/api/v3{path}")).bearer_auth(token).send().await.unwrap()
    }

    /// A request to the tests' interface; an empty body reads as null.
    pub async fn admin(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = self.url(&format!("/_test{path}"));
        let request = self.client.request(method, url).bearer_auth(ADMIN_TOKEN).json(&body);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let value =
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        (status, value)
    }

    /// Makes something and gives it back.
    pub async fn create(&self, path: &str, body: Value) -> Value {
        let (status, made) = self.admin(Method::POST, path, body).await;
        assert_eq!(status, 201, "{made}");
        made
    }

    pub async fn token(&self, login: &str, scope: &str) -> String {
        let made = self.create("/tokens", json!({"login": login, "scope": scope})).await;
        made["token"].as_str().unwrap().to_owned()
    }

    pub fn ca(&self) -> String {
        self.site.path("ca.crt")
    }

    pub fn folder(&self) -> &Path {
        self.site.folder.path()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}
