//! A host of Git repositories: over HTTPS, open ones and closed ones.

use std::fs;
use std::net::{IpAddr, SocketAddr};

use clap::Parser;
use persys_github::Config;
use persys_identity::{Authority, CertificateSpec, install_crypto};
use persys_reference_base::service::Lifecycle;
use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use tempfile::TempDir;

const ADMIN_TOKEN: &str = "the-admin-token";

/// Serves in this process until it is dropped.
pub struct GitHost {
    folder: TempDir,
    client: Client,
    address: SocketAddr,
    lifecycle: Lifecycle,
}

impl GitHost {
    pub async fn start() -> Self {
        install_crypto();
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create().unwrap();
        authority.write_certificate(folder.path()).unwrap();
        let server =
            CertificateSpec::server("github").with_ip("127.0.0.1".parse::<IpAddr>().unwrap());
        authority.issue(&server).unwrap().write(folder.path()).unwrap();
        for (name, text) in [("client-secret", "a-secret"), ("admin-token", ADMIN_TOKEN)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let path = |name: &str| folder.path().join(name).display().to_string();
        let flags = [
            ("listen", "127.0.0.1:0".to_owned()),
            ("tls-cert", path("github.crt")),
            ("tls-key", path("github.key")),
            ("tls-ca", path("ca.crt")),
            ("data-dir", path("data")),
            ("github-client-id", "an-app".to_owned()),
            ("github-client-secret-file", path("client-secret")),
            ("github-callback-url", "https://127.0.0.1/auth/callback".to_owned()),
            ("admin-token-file", path("admin-token")),
        ];
        let flags = flags.iter().map(|(name, value)| format!("--{name}={value}"));
        let config =
            Config::try_parse_from(["persys-github".to_owned()].into_iter().chain(flags)).unwrap();
        let lifecycle = Lifecycle::default();
        let (listeners, address) = persys_github::start(config, &lifecycle).await.unwrap();
        tokio::spawn(listeners.serve_until_stopped(async {}));
        let ca = Certificate::from_pem(authority.cert_pem().as_bytes()).unwrap();
        let client = Client::builder().tls_certs_only([ca]).no_proxy().build().unwrap();
        Self { folder, client, address, lifecycle }
    }

    /// Whom to trust to trust it.
    pub fn ca(&self) -> String {
        self.folder.path().join("ca.crt").display().to_string()
    }

    pub fn url(&self, repository: &str) -> String {
        format!("https://{}/octocat/{repository}", self.address)
    }

    /// A token that opens the closed repositories.
    pub async fn token(&self) -> String {
        let made = self.create("tokens", json!({"login": "octocat", "scope": "repo"})).await;
        made["token"].as_str().unwrap().to_owned()
    }

    /// A closed repository with these files on its branch `main`.
    pub async fn repository(&self, name: &str, files: &[(&str, &str)]) {
        let files: Value =
            files.iter().map(|(path, text)| ((*path).to_owned(), json!(text))).collect();
        let new = json!({
            "owner": "octocat", "name": name, "private": true, "defaultBranch": "main",
            "branches": {"main": files},
        });
        self.create("repositories", new).await;
    }

    async fn create(&self, what: &str, body: Value) -> Value {
        let url = format!("https://{}/_test/{what}", self.address);
        let request = self.client.post(url).bearer_auth(ADMIN_TOKEN).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json().await.unwrap()
    }
}

impl Drop for GitHost {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}
