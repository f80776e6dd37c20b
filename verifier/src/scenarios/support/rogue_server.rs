//! A scheduler or a gateway that is none of the platform's.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use persys_identity::{Authority, Credentials, IssuedCertificate, LoadedCredentials};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::WholeRequest;
use crate::evidence::StepError;

/// How long one connection is listened to.
const PATIENCE: Duration = Duration::from_secs(10);
/// Whoever believes it is told that there are no nodes and no workloads.
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"nodes\":[]}";

/// What whoever asks whether it serves is told.
const HEALTHY: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// What marks a request whose connection is neither answered nor closed.
pub const HELD: &str = "held-for-ever";

/// What it does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It answers everything, if it is asked.
    AnswersAll,
    /// It says that it serves, takes every request to its last byte, and hangs up; one
    /// with [`HELD`] in its body it never answers.
    HangsUp,
}

/// What came to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    pub connections: usize,
    /// Handshakes that the visitor broke off, and how.
    pub broken_off: Vec<String>,
    /// Handshakes that the visitor finished.
    pub finished: usize,
    /// The first lines of requests.
    pub requests: Vec<String>,
    /// The bodies of those that it hung up on, in the same order.
    pub bodies: Vec<String>,
    /// The bodies of those that it does not answer.
    pub held: Vec<String>,
}

/// Serves until it is dropped.
pub struct RogueServer {
    pub address: SocketAddr,
    visits: Arc<Mutex<Visits>>,
    serving: JoinHandle<()>,
}

impl RogueServer {
    /// Listens on a port of its own. The certificate's signer need not be `authority`.
    pub async fn start(
        host: IpAddr,
        shown: &IssuedCertificate,
        authority: &Authority,
        manner: Manner,
    ) -> Result<Self, StepError> {
        let failed = |what: &dyn std::fmt::Display| {
            StepError::error(format!("failed to start a rogue server on {host}: {what}"))
        };
        let none = PathBuf::from("memory");
        let files = Credentials { cert: none.clone(), key: none.clone(), ca: none };
        let pem = |text: &str| text.as_bytes().to_vec();
        let config = LoadedCredentials::from_pem(
            files,
            pem(&shown.cert_pem),
            pem(&shown.key_pem),
            pem(authority.cert_pem()),
        )
        // It asks for no certificate: the visitor alone decides whether to go on.
        .and_then(|credentials| credentials.server_config_without_client_auth())
        .map_err(|error| failed(&error))?;
        let listener = TcpListener::bind((host, 0)).await.map_err(|error| failed(&error))?;
        let address = listener.local_addr().map_err(|error| failed(&error))?;
        let visits = Arc::<Mutex<Visits>>::default();
        let serving = tokio::spawn(serve(listener, config, visits.clone(), manner));
        Ok(Self { address, visits, serving })
    }

    pub fn visits(&self) -> Visits {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for RogueServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    visits: Arc<Mutex<Visits>>,
    manner: Manner,
) {
    let acceptor = TlsAcceptor::from(config);
    let mut open = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        note(&visits, |visits| visits.connections += 1);
        let (acceptor, visits) = (acceptor.clone(), visits.clone());
        open.spawn(async move {
            let received = timeout(PATIENCE, receive(tcp, acceptor, &visits, manner)).await;
            if let Ok(Some(_held)) = received {
                // For as long as this serves.
                std::future::pending::<()>().await;
            }
        });
        while open.try_join_next().is_some() {}
    }
}

/// Gives a connection back that is to be held open.
async fn receive(
    tcp: TcpStream,
    acceptor: TlsAcceptor,
    visits: &Mutex<Visits>,
    manner: Manner,
) -> Option<TlsStream<TcpStream>> {
    let stream = match acceptor.accept(tcp).await {
        Ok(stream) => stream,
        Err(error) => {
            note(visits, |visits| visits.broken_off.push(error.to_string()));
            return None;
        }
    };
    note(visits, |visits| visits.finished += 1);
    match manner {
        Manner::AnswersAll => {
            answer_all(stream, visits).await;
            None
        }
        Manner::HangsUp => hang_up(stream, visits).await,
    }
}

async fn answer_all(mut stream: TlsStream<TcpStream>, visits: &Mutex<Visits>) {
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        let text = String::from_utf8_lossy(&piece[..length]);
        let line = text.lines().next().unwrap_or_default().to_owned();
        note(visits, |visits| visits.requests.push(line));
        if stream.write_all(ANSWER).await.is_err() {
            return;
        }
    }
}

async fn hang_up(
    mut stream: TlsStream<TcpStream>,
    visits: &Mutex<Visits>,
) -> Option<TlsStream<TcpStream>> {
    let (mut got, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        got.extend_from_slice(&piece[..length]);
        let Some(WholeRequest { line, body }) = WholeRequest::read(&got) else { continue };
        if body.contains(HELD) {
            note(visits, |visits| visits.held.push(body));
            return Some(stream);
        }
        if !line.starts_with("GET /health ") {
            note(visits, |visits| {
                visits.requests.push(line);
                visits.bodies.push(body);
            });
            return None;
        }
        got.clear();
        if stream.write_all(HEALTHY).await.is_err() {
            return None;
        }
    }
    None
}

fn note(visits: &Mutex<Visits>, change: impl FnOnce(&mut Visits)) {
    change(&mut visits.lock().unwrap_or_else(PoisonError::into_inner));
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};

    use persys_contract::Role;
    use persys_identity::CertificateSpec;

    use super::*;

    /// A client that trusts `trusted`.
    fn client(trusted: &Authority) -> reqwest::Client {
        let issued = trusted.issue(&CertificateSpec::client(Role::Gateway)).unwrap();
        let none = PathBuf::from("memory");
        let files = Credentials { cert: none.clone(), key: none.clone(), ca: none };
        let pem = |text: &str| text.as_bytes().to_vec();
        let ca = pem(trusted.cert_pem());
        let (cert, key) = (pem(&issued.cert_pem), pem(&issued.key_pem));
        let loaded = LoadedCredentials::from_pem(files, cert, key, ca).unwrap();
        reqwest::Client::builder()
            .tls_backend_preconfigured(loaded.client_config().unwrap())
            .timeout(Duration::from_secs(5))
            .build()
            .unwrap()
    }

    async fn visit(rogue: &RogueServer, trusted: &Authority) -> reqwest::Result<String> {
        let asked = client(trusted).get(format!("https://{}/nodes", rogue.address));
        asked.send().await?.text().await
    }

    /// One whose certificate is of `signer`.
    async fn rogue(signer: &Authority, authority: &Authority, manner: Manner) -> RogueServer {
        let host = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
        let spec = CertificateSpec::server("prow9").with_ip(*host.ip());
        let shown = signer.issue(&spec).unwrap();
        RogueServer::start((*host.ip()).into(), &shown, authority, manner).await.unwrap()
    }

    #[tokio::test]
    async fn it_answers_who_believes_it_and_counts_who_does_not() {
        let (true_one, foreign) = (Authority::create().unwrap(), Authority::create().unwrap());
        let rogue = rogue(&foreign, &true_one, Manner::AnswersAll).await;

        assert!(visit(&rogue, &true_one).await.is_err());
        while rogue.visits().broken_off.is_empty() {
            tokio::task::yield_now().await;
        }
        let visits = rogue.visits();
        assert_eq!((visits.connections, visits.finished), (1, 0));
        assert_eq!(visits.requests, Vec::<String>::new());

        assert_eq!(visit(&rogue, &foreign).await.unwrap(), r#"{"nodes":[]}"#);
        assert_eq!(rogue.visits().requests, ["GET /nodes HTTP/1.1"]);
    }

    #[tokio::test]
    async fn one_that_hangs_up_has_got_the_request_and_answers_for_its_health_alone() {
        let authority = Authority::create().unwrap();
        let rogue = rogue(&authority, &authority, Manner::HangsUp).await;
        let (client, base) = (client(&authority), format!("https://{}", rogue.address));

        let health = client.get(format!("{base}/health")).send().await.unwrap();
        assert_eq!(health.status(), 200);
        assert_eq!(rogue.visits().requests, Vec::<String>::new());
        let large = "x".repeat(100_000);
        let order = client.post(format!("{base}/workloads/schedule")).body(large.clone());
        let error = order.send().await.unwrap_err();
        assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
        let visits = rogue.visits();
        assert_eq!(visits.requests, ["POST /workloads/schedule HTTP/1.1"]);
        assert_eq!(visits.bodies, [large]);

        let held = client.post(format!("{base}/workloads/schedule")).body(HELD);
        let error = held.timeout(Duration::from_millis(500)).send().await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
        assert_eq!(rogue.visits().held, [HELD]);
        assert_eq!(rogue.visits().requests.len(), 1);
    }
}
