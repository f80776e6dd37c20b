//! The probe against a real server of mutual TLS, and against servers that are none.

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    path::PathBuf,
};

use axum::{Router, routing::get};
use persys_contract::Role;
use persys_identity::{
    Authority, CertificateSpec, Credentials, IssuedCertificate, LoadedCredentials,
    MutualTlsListener, Peer, Validity,
};
use rustls::{AlertDescription, CertificateError};
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

use super::{HelloReply, HelloVersion, TlsOffer, TlsOutcome, TlsProbe, TlsVersion};
use crate::{evidence::Recorder, probe::evidence::Evidence};

struct Server {
    authority: Authority,
    probe: TlsProbe,
    /// Who was refused.
    refused: UnboundedReceiver<SocketAddr>,
}

impl Server {
    async fn start() -> Self {
        let authority = Authority::create().unwrap();
        let spec = CertificateSpec::server("server").with_dns("named").with_ip(Ipv4Addr::LOCALHOST);
        let config = loaded(&authority.issue(&spec).unwrap(), &authority).server_config().unwrap();
        let (sender, refused) = unbounded_channel();
        let on_refusal = move |refusal: persys_identity::Refusal| {
            let _ = sender.send(refusal.peer);
        };
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let listener = MutualTlsListener::bind(any_port, config, on_refusal).await.unwrap();
        let address = axum::serve::Listener::local_addr(&listener).unwrap().address;
        let app = Router::new().route("/", get(async || "in"));
        tokio::spawn(async move {
            axum::serve(listener, app.into_make_service_with_connect_info::<Peer>()).await
        });
        let probe = probe(&authority, address);
        Self { authority, probe, refused }
    }

    async fn shown(&self, version: TlsVersion, shown: Option<IssuedCertificate>) -> TlsOutcome {
        self.probe.attempt(&TlsOffer::new(version, shown), "/").await.unwrap().outcome
    }
}

fn probe(authority: &Authority, address: SocketAddr) -> TlsProbe {
    let SocketAddr::V4(address) = address else { panic!("{address} is not IPv4") };
    let evidence = Evidence::new(Recorder::in_memory());
    TlsProbe::trusting(authority.cert_pem().as_bytes(), "the server", address, &evidence)
}

fn loaded(issued: &IssuedCertificate, authority: &Authority) -> LoadedCredentials {
    let none = PathBuf::from("memory");
    let files = Credentials { cert: none.clone(), key: none.clone(), ca: none };
    let pem = |text: &str| text.as_bytes().to_vec();
    let ca = pem(authority.cert_pem());
    LoadedCredentials::from_pem(files, pem(&issued.cert_pem), pem(&issued.key_pem), ca).unwrap()
}

/// Answers each connection with the same bytes.
async fn babbler(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let _ = tcp.write_all(bytes).await;
        }
    });
    address
}

#[tokio::test]
async fn a_fit_certificate_is_let_in_in_the_version_that_was_offered() {
    let server = Server::start().await;
    let fit = server.authority.issue(&CertificateSpec::client(Role::Client)).unwrap();
    for version in TlsVersion::ALL {
        match server.shown(version, Some(fit.clone())).await {
            TlsOutcome::Answered { version: spoken, exchange } => {
                assert_eq!(spoken, version);
                assert_eq!((exchange.status, &exchange.body[..]), (200, &b"in"[..]));
            }
            other => panic!("{version}: {other}"),
        }
    }
}

#[tokio::test]
async fn each_unfit_certificate_meets_its_alert_in_both_versions() {
    let server = Server::start().await;
    let client = CertificateSpec::client(Role::Client);
    let issue = |authority: &Authority, spec: &CertificateSpec| authority.issue(spec).unwrap();
    let old = issue(&server.authority, &client.clone().valid(Validity::expired()));
    let young = issue(&server.authority, &client.clone().valid(Validity::future()));
    let server_only = issue(&server.authority, &CertificateSpec::server("client"));
    let foreign = issue(&Authority::create().unwrap(), &client);
    for version in TlsVersion::ALL {
        for (shown, alert) in [
            (None, AlertDescription::CertificateRequired),
            (Some(old.clone()), AlertDescription::CertificateExpired),
            (Some(young.clone()), AlertDescription::CertificateExpired),
            (Some(server_only.clone()), AlertDescription::UnsupportedCertificate),
            (Some(foreign.clone()), AlertDescription::DecryptError),
        ] {
            let outcome = server.shown(version, shown).await;
            assert_eq!(outcome.alert(), Some(alert), "{version}: {outcome}");
        }
    }
}

#[tokio::test]
async fn the_local_address_is_the_peer_that_the_server_names() {
    let mut server = Server::start().await;
    let offer = TlsOffer::new(TlsVersion::Tls13, None);
    let attempt = server.probe.attempt(&offer, "/").await.unwrap();
    assert_eq!(server.refused.recv().await, Some(attempt.local));
}

#[tokio::test]
async fn a_server_under_a_wrong_name_is_not_trusted() {
    let server = Server::start().await;
    let fit = server.authority.issue(&CertificateSpec::client(Role::Client)).unwrap();
    for version in TlsVersion::ALL {
        let offer = TlsOffer::new(version, Some(fit.clone()));
        let named = offer.clone().to_server_named("named");
        let outcome = server.probe.attempt(&named, "/").await.unwrap().outcome;
        assert!(outcome.answer().is_some(), "{outcome}");
        for wrong in ["other", "10.0.0.1"] {
            let offer = offer.clone().to_server_named(wrong);
            let outcome = server.probe.attempt(&offer, "/").await.unwrap().outcome;
            let by_name = |problem: &CertificateError| {
                matches!(
                    problem,
                    CertificateError::NotValidForName
                        | CertificateError::NotValidForNameContext { .. }
                )
            };
            assert!(
                matches!(&outcome, TlsOutcome::Distrusted(problem) if by_name(problem)),
                "{outcome}"
            );
        }
    }
}

#[tokio::test]
async fn of_the_same_hello_only_the_version_decides() {
    let mut server = Server::start().await;
    let (_, reply) = server.probe.say_hello(HelloVersion::Tls12).await.unwrap();
    assert_eq!(reply, HelloReply::ServerHello { minor: 3 });
    assert!(server.refused.recv().await.is_some(), "broken off by us");
    for old in [HelloVersion::Tls10, HelloVersion::Tls11] {
        let (local, reply) = server.probe.say_hello(old).await.unwrap();
        assert_eq!(reply, HelloReply::Alert(AlertDescription::ProtocolVersion), "{old}");
        assert_eq!(server.refused.recv().await, Some(local));
    }
}

#[tokio::test]
async fn servers_that_speak_no_tls_are_told_apart() {
    let authority = Authority::create().unwrap();
    let offer = TlsOffer::new(TlsVersion::Tls13, None);
    let silent = probe(&authority, babbler(b"").await);
    let outcome = silent.attempt(&offer, "/").await.unwrap().outcome;
    assert!(matches!(outcome, TlsOutcome::Closed(_)), "{outcome}");
    let reply = silent.say_hello(HelloVersion::Tls11).await.unwrap().1;
    assert_eq!(reply, HelloReply::Closed);

    let plain = probe(&authority, babbler(b"HTTP/1.1 400 Bad Request\r\n\r\n").await);
    let outcome = plain.attempt(&offer, "/").await.unwrap().outcome;
    assert!(matches!(outcome, TlsOutcome::Broken(_)), "{outcome}");
    let reply = plain.say_hello(HelloVersion::Tls11).await.unwrap().1;
    assert!(matches!(reply, HelloReply::Garbage(_)), "{reply}");

    let nobody = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1);
    let error = probe(&authority, nobody.into()).attempt(&offer, "/").await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
}
