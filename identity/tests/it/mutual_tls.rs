use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::ConnectInfo, routing::get};
use persys_contract::Role;
use persys_identity::{
    Authority, CertificateSpec, Credentials, IssuedCertificate, LoadedCredentials,
    MutualTlsListener, Peer, Refusal, RefusalReason, Validity,
};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc, time::timeout};

fn loaded(issued: &IssuedCertificate, authority: &Authority) -> LoadedCredentials {
    let none = PathBuf::from("memory");
    let files = Credentials { cert: none.clone(), key: none.clone(), ca: none };
    let pem = |text: &str| text.as_bytes().to_vec();
    LoadedCredentials::from_pem(
        files,
        pem(&issued.cert_pem),
        pem(&issued.key_pem),
        pem(authority.cert_pem()),
    )
    .unwrap()
}

/// A server that answers with the caller's role.
struct Server {
    authority: Authority,
    address: SocketAddr,
    refusals: mpsc::UnboundedReceiver<Refusal>,
}

impl Server {
    async fn start() -> Self {
        let authority = Authority::create().unwrap();
        let spec = CertificateSpec::server("server").with_ip(Ipv4Addr::LOCALHOST);
        let config = loaded(&authority.issue(&spec).unwrap(), &authority).server_config().unwrap();
        let (sender, refusals) = mpsc::unbounded_channel();
        let on_refusal = move |refusal| drop(sender.send(refusal));
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let listener = MutualTlsListener::bind(any_port, config, on_refusal).await.unwrap();
        let address = axum::serve::Listener::local_addr(&listener).unwrap().address;
        let role = |ConnectInfo(peer): ConnectInfo<Peer>| async move { format!("{:?}", peer.role) };
        let app = Router::new().route("/", get(role));
        tokio::spawn(async move {
            axum::serve(listener, app.into_make_service_with_connect_info::<Peer>()).await
        });
        Self { authority, address, refusals }
    }

    async fn ask_with(&self, config: rustls::ClientConfig) -> reqwest::Result<String> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            .timeout(Duration::from_secs(5))
            .build()?;
        client.get(format!("https://{}/", self.address)).send().await?.text().await
    }

    async fn ask(&self, issued: &IssuedCertificate) -> reqwest::Result<String> {
        self.ask_with(loaded(issued, &self.authority).client_config().unwrap()).await
    }

    async fn refusal(&mut self) -> RefusalReason {
        let heard = timeout(Duration::from_secs(7), self.refusals.recv()).await;
        heard.expect("a refusal within its time").expect("a server").reason
    }

    /// Asserts that a client is refused, and that the server says why.
    async fn refuses(&mut self, issued: &IssuedCertificate, reason: RefusalReason) {
        assert!(self.ask(issued).await.is_err(), "{reason}");
        assert_eq!(self.refusal().await, reason);
    }
}

#[tokio::test]
async fn a_fit_certificate_is_let_in_with_its_role() {
    let server = Server::start().await;
    for role in Role::ALL {
        let issued = server.authority.issue(&CertificateSpec::client(role)).unwrap();
        assert_eq!(server.ask(&issued).await.unwrap(), format!("Some({role:?})"));
    }
    let mut without = CertificateSpec::client(Role::Client);
    without.role = None;
    let issued = server.authority.issue(&without).unwrap();
    assert_eq!(server.ask(&issued).await.unwrap(), "None");
}

#[tokio::test]
async fn each_unfit_certificate_is_refused_for_its_reason() {
    let mut server = Server::start().await;
    let client = CertificateSpec::client(Role::Client);
    let foreign = Authority::create().unwrap().issue(&client).unwrap();
    server.refuses(&foreign, RefusalReason::UnknownCa).await;
    let alone = Authority::self_signed(&client).unwrap();
    server.refuses(&alone, RefusalReason::UnknownCa).await;
    let expired = server.authority.issue(&client.clone().valid(Validity::expired())).unwrap();
    server.refuses(&expired, RefusalReason::Expired).await;
    let future = server.authority.issue(&client.clone().valid(Validity::future())).unwrap();
    server.refuses(&future, RefusalReason::NotYetValid).await;
    let server_only = server.authority.issue(&CertificateSpec::server("client")).unwrap();
    server.refuses(&server_only, RefusalReason::WrongUsage).await;
}

#[tokio::test]
async fn a_client_without_certificate_is_refused() {
    let mut server = Server::start().await;
    let mut roots = rustls::RootCertStore::empty();
    use rustls_pki_types::pem::PemObject;
    let ca = server.authority.cert_pem().as_bytes().to_vec();
    roots.add(rustls_pki_types::CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(Arc::new(roots))
        .with_no_client_auth();
    assert!(server.ask_with(config).await.is_err());
    assert_eq!(server.refusal().await, RefusalReason::NoCertificate);
}

#[tokio::test]
async fn a_silent_client_is_sent_away_and_keeps_nobody_waiting() {
    let mut server = Server::start().await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    let issued = server.authority.issue(&CertificateSpec::client(Role::Client)).unwrap();
    assert_eq!(server.ask(&issued).await.unwrap(), "Some(Client)");
    assert_eq!(server.refusal().await, RefusalReason::HandshakeTimeout);
    drop(silent);
}

#[tokio::test]
async fn a_silent_crowd_keeps_nobody_out() {
    let mut server = Server::start().await;
    let issued = server.authority.issue(&CertificateSpec::client(Role::Client)).unwrap();
    // More than there is room for.
    let mut crowd = Vec::new();
    for _ in 0..300 {
        crowd.push(TcpStream::connect(server.address).await.unwrap());
    }
    assert_eq!(server.ask(&issued).await.unwrap(), "Some(Client)");
    // Not because somebody's time was up.
    let gone = server.refusals.try_recv().expect("somebody went");
    assert_eq!(gone.reason, RefusalReason::HandshakeTimeout);
    assert!(gone.detail.contains("others wait"), "{}", gone.detail);
}

#[tokio::test]
async fn plain_text_is_refused() {
    let mut server = Server::start().await;
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(server.refusal().await, RefusalReason::Other);
}

#[tokio::test]
async fn a_client_that_does_not_accept_the_server_is_told_apart() {
    let mut server = Server::start().await;
    let foreign = Authority::create().unwrap();
    let issued = foreign.issue(&CertificateSpec::client(Role::Client)).unwrap();
    let config = loaded(&issued, &foreign).client_config().unwrap();
    assert!(server.ask_with(config).await.is_err());
    assert_eq!(server.refusal().await, RefusalReason::RejectedByClient);
}
