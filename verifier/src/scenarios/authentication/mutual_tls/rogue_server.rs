//! A scheduler or a gateway that is none: it would answer everything, if it were asked.

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
use tokio_rustls::TlsAcceptor;

use crate::engine::StepError;

/// How long one connection is listened to.
const PATIENCE: Duration = Duration::from_secs(10);
/// Whoever believes it is told that there are no nodes and no workloads.
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"nodes\":[]}";

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
        let serving = tokio::spawn(serve(listener, config, visits.clone()));
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

async fn serve(listener: TcpListener, config: Arc<ServerConfig>, visits: Arc<Mutex<Visits>>) {
    let acceptor = TlsAcceptor::from(config);
    let mut open = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        note(&visits, |visits| visits.connections += 1);
        let (acceptor, visits) = (acceptor.clone(), visits.clone());
        open.spawn(async move {
            let _ = timeout(PATIENCE, receive(tcp, acceptor, &visits)).await;
        });
        while open.try_join_next().is_some() {}
    }
}

async fn receive(tcp: TcpStream, acceptor: TlsAcceptor, visits: &Mutex<Visits>) {
    let mut stream = match acceptor.accept(tcp).await {
        Ok(stream) => stream,
        Err(error) => return note(visits, |visits| visits.broken_off.push(error.to_string())),
    };
    note(visits, |visits| visits.finished += 1);
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
    async fn visit(rogue: &RogueServer, trusted: &Authority) -> reqwest::Result<String> {
        let issued = trusted.issue(&CertificateSpec::client(Role::Gateway)).unwrap();
        let none = PathBuf::from("memory");
        let files = Credentials { cert: none.clone(), key: none.clone(), ca: none };
        let pem = |text: &str| text.as_bytes().to_vec();
        let ca = pem(trusted.cert_pem());
        let (cert, key) = (pem(&issued.cert_pem), pem(&issued.key_pem));
        let loaded = LoadedCredentials::from_pem(files, cert, key, ca).unwrap();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(loaded.client_config().unwrap())
            .timeout(Duration::from_secs(5))
            .build()?;
        client.get(format!("https://{}/nodes", rogue.address)).send().await?.text().await
    }

    #[tokio::test]
    async fn it_answers_who_believes_it_and_counts_who_does_not() {
        let (true_one, foreign) = (Authority::create().unwrap(), Authority::create().unwrap());
        let host = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
        let spec = CertificateSpec::server("prow9").with_ip(*host.ip());
        let shown = foreign.issue(&spec).unwrap();
        let rogue = RogueServer::start((*host.ip()).into(), &shown, &true_one).await.unwrap();

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
}
