//! A scheduler that records what it is asked and does what a test tells it to.

use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use persys_identity::LoadedCredentials;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

use super::Registration;

/// What the scheduler does with requests. Probes are answered unless it is frozen.
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    Answer(u16, Bytes),
    /// Reads the request and closes the connection.
    Break,
    /// Reads the request and never answers.
    Hang,
    /// Accepts TCP connections, in the kernel, and does nothing at all.
    Frozen,
}

/// One request as the scheduler got it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub line: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Clone)]
struct Shared {
    mode: watch::Sender<Mode>,
    asked: Arc<Mutex<Vec<Asked>>>,
    probes: Arc<AtomicUsize>,
    health: Arc<AtomicU16>,
}

/// Serves until it is dropped.
pub struct FakeScheduler {
    pub address: SocketAddr,
    name: String,
    shared: Shared,
    server: JoinHandle<()>,
}

impl Drop for FakeScheduler {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeScheduler {
    pub async fn start(name: &str, credentials: &LoadedCredentials) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Mode::Answer(200, Bytes::from(format!("{{\"from\":\"{name}\"}}")));
        let shared = Shared {
            mode: watch::Sender::new(answer),
            asked: Arc::default(),
            probes: Arc::default(),
            health: Arc::new(AtomicU16::new(200)),
        };
        let acceptor = TlsAcceptor::from(credentials.server_config().unwrap());
        let server = tokio::spawn(accept(listener, acceptor, shared.clone()));
        Self { address, name: name.to_owned(), shared, server }
    }

    pub fn set(&self, mode: Mode) {
        self.shared.mode.send_replace(mode);
    }

    /// The status with which probes of its health are answered.
    pub fn set_health(&self, status: u16) {
        self.shared.health.store(status, Ordering::SeqCst);
    }

    /// What it does at present.
    pub fn shown(&self) -> Mode {
        self.shared.mode.borrow().clone()
    }

    pub fn answer(&self, status: u16, body: impl Into<Bytes>) {
        self.set(Mode::Answer(status, body.into()));
    }

    /// What it was asked, without probes.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn probes(&self) -> usize {
        self.shared.probes.load(Ordering::SeqCst)
    }

    pub fn registration(&self) -> Registration {
        Registration { target: format!("{}.persys.local.", self.name), address: self.address }
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, shared: Shared) {
    let mut connections = JoinSet::new();
    let mut mode = shared.mode.subscribe();
    loop {
        mode.wait_for(|mode| *mode != Mode::Frozen).await.unwrap();
        let (tcp, _) = tokio::select! {
            accepted = listener.accept() => accepted.unwrap(),
            // Frozen now; the kernel goes on accepting.
            _ = mode.changed() => continue,
        };
        let (acceptor, shared) = (acceptor.clone(), shared.clone());
        connections.spawn(async move {
            let Ok(tls) = acceptor.accept(tcp).await else { return };
            let service = service_fn(|request| answer(request, shared.clone()));
            let serving = http1::Builder::new().serve_connection(TokioIo::new(tls), service);
            // A gateway may leave at any time.
            let _ = serving.await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Shared,
) -> Result<Response<Full<Bytes>>, &'static str> {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri);
    let body = body.collect().await.map_err(|_| "the gateway left")?.to_bytes();
    let mode = shared.mode.borrow().clone();
    if line == "GET /health" {
        if mode == Mode::Frozen {
            return Ok(never().await);
        }
        shared.probes.fetch_add(1, Ordering::SeqCst);
        let status = StatusCode::from_u16(shared.health.load(Ordering::SeqCst)).unwrap();
        return Ok(Response::builder().status(status).body(Full::default()).unwrap());
    }
    if mode == Mode::Frozen {
        return Ok(never().await);
    }
    shared.asked.lock().unwrap().push(Asked { line, headers: parts.headers, body });
    match mode {
        Mode::Answer(status, body) => Ok(Response::builder()
            .status(StatusCode::from_u16(status).unwrap())
            .header("content-type", "application/json")
            .header("x-service-name", "prow-scheduler")
            .header("x-own", "kept")
            .body(Full::new(body))
            .unwrap()),
        Mode::Break => Err("told to break"),
        Mode::Hang | Mode::Frozen => Ok(never().await),
    }
}

async fn never<T>() -> T {
    let nothing: Infallible = std::future::pending().await;
    match nothing {}
}
