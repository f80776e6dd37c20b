//! A gateway with canned answers, and the binary run against it.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use persys_contract::Role;
use persys_identity::{Authority, CertificateSpec, Credentials, MutualTlsListener, Peer};
use rustls::ServerConfig;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// One request as the gateway got it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub line: String,
    pub request_id: String,
    pub headers: HeaderMap,
    pub body: Value,
}

type Answer = Arc<dyn Fn(&Asked) -> Response + Send + Sync>;

#[derive(Clone)]
struct Shared {
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Answer,
}

/// Serves until it is dropped.
pub struct FakeGateway {
    pub address: SocketAddr,
    pub folder: TempDir,
    shared: Shared,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for FakeGateway {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeGateway {
    /// Answers every request with the status and the JSON that `answer` makes of it.
    pub async fn start(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        Self::answering(move |asked| {
            let (status, text) = answer(asked);
            let status = StatusCode::from_u16(status).unwrap();
            (status, [(CONTENT_TYPE, "application/json")], text).into_response()
        })
        .await
    }

    /// Answers every request with what `answer` makes of it.
    pub async fn answering(answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create().unwrap();
        authority.write_certificate(folder.path()).unwrap();
        for spec in [
            CertificateSpec::server("api-gateway").with_ip([127, 0, 0, 1]),
            CertificateSpec::server("github").with_ip([127, 0, 0, 1]),
            CertificateSpec::client(Role::Client),
        ] {
            authority.issue(&spec).unwrap().write(folder.path()).unwrap();
        }
        let credentials = Credentials::in_folder(folder.path(), "api-gateway").load().unwrap();
        let config = credentials.server_config().unwrap();
        let shared = Shared { asked: Arc::default(), answer: Arc::new(answer) };
        let (address, server) = serve(config, shared.clone()).await;
        Self { address, folder, shared, server }
    }

    /// Somebody else on the web, who is of the same authority and asks nobody for a
    /// certificate.
    pub async fn neighbour(
        &self,
        answer: impl Fn(&Asked) -> Response + Send + Sync + 'static,
    ) -> Neighbour {
        let credentials = Credentials::in_folder(self.folder.path(), "github").load().unwrap();
        let config = credentials.server_config_without_client_auth().unwrap();
        let shared = Shared { asked: Arc::default(), answer: Arc::new(answer) };
        let (address, server) = serve(config, shared.clone()).await;
        Neighbour { address, shared, server }
    }

    /// Gives the same answer to everything.
    pub async fn always(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        Self::start(move |_| (status, body.clone())).await
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Runs the binary as this gateway's client.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let gateway = format!("https://{}", self.address);
        let credentials = Credentials::in_folder(self.folder.path(), "client");
        let variables = [
            ("PERSYS_GATEWAY", gateway.as_str()),
            ("TLS_CERT", credentials.cert.to_str().unwrap()),
            ("TLS_KEY", credentials.key.to_str().unwrap()),
            ("TLS_CA", credentials.ca.to_str().unwrap()),
        ];
        run(arguments, self.folder.path(), &variables).await
    }
}

/// Serves until it is dropped.
pub struct Neighbour {
    pub address: SocketAddr,
    shared: Shared,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Neighbour {
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }
}

async fn serve(
    config: Arc<ServerConfig>,
    shared: Shared,
) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = MutualTlsListener::bind(any, config, |_| {}).await.unwrap();
    let address = axum::serve::Listener::local_addr(&listener).unwrap().address;
    let service = Router::new()
        .fallback(record)
        .with_state(shared)
        .into_make_service_with_connect_info::<Peer>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    (address, server)
}

async fn record(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request_id = headers.get("x-request-id").map(|id| id.to_str().unwrap().to_owned());
    let asked = Asked {
        line: format!("{method} {uri}"),
        request_id: request_id.unwrap_or_default(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    shared.asked.lock().unwrap().push(asked.clone());
    (shared.answer)(&asked)
}

/// Runs the binary with nothing in its environment but `variables` and a home folder.
pub async fn run(arguments: &[&str], home: &Path, variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_persys-cli"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap()
}

pub fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}
