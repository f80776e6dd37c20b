//! Who may call the gateway.

use persys_contract::Role;
use persys_identity::{CertificateSpec, Validity};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{FakeScheduler, Pki, network};

#[tokio::test]
async fn clients_and_operators_are_served_and_no_other_role() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    for role in Role::ALL {
        let expected = if Role::SERVED_BY_GATEWAY.contains(&role) { 200 } else { 403 };
        assert_eq!(gateway.status_for(&pki.client(role)).await.unwrap(), expected, "{role}");
    }
    let mut without_role = CertificateSpec::server("nobody");
    without_role.client = true;
    assert_eq!(gateway.status_for(&pki.issue(&without_role)).await.unwrap(), 403);
    // Not even what there is.
    assert_eq!(gateway.status_of(&pki.client(Role::Chaos), "/nowhere").await.unwrap(), 403);
    assert_eq!(scheduler.asked().len(), Role::SERVED_BY_GATEWAY.len());
    let refused = gateway.metric(r#"persys_auth_rejections_total{reason="role_not_allowed""#).await;
    assert_eq!(refused.as_deref(), Some("6"));
}

#[tokio::test]
async fn bad_certificates_are_refused_in_the_handshake() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    let client = || CertificateSpec::client(Role::Client);
    let mut server_only = client().named("server-only");
    (server_only.client, server_only.server) = (false, true);
    for spec in [
        client().named("expired").valid(Validity::expired()),
        client().named("future").valid(Validity::future()),
        server_only,
    ] {
        assert!(gateway.status_for(&pki.issue(&spec)).await.is_err(), "{}", spec.name);
    }
    // A foreign authority issues the same; the caller still trusts the right one.
    let foreign = Pki::create();
    foreign.client(Role::Client);
    let mut files = foreign.files("client");
    files.ca = pki.files("client").ca;
    assert!(gateway.status_for(&files.load().unwrap()).await.is_err());

    // Without a certificate, and without TLS at all.
    let ca = std::fs::read(pki.folder().join("ca.crt")).unwrap();
    let bare = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
        .no_proxy()
        .build()
        .unwrap();
    assert!(bare.get(gateway.url("/nodes")).send().await.is_err());
    let mut plain = TcpStream::connect(gateway.addresses.mutual_tls).await.unwrap();
    plain.write_all(b"GET /nodes HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"));

    assert!(scheduler.asked().is_empty());
    for reason in ["expired", "not_yet_valid", "wrong_usage", "unknown_ca", "no_certificate"] {
        let name = format!(r#"persys_auth_rejections_total{{reason="{reason}""#);
        assert_eq!(gateway.metric(&name).await.as_deref(), Some("1"), "{reason}");
    }
}

#[tokio::test]
async fn slow_callers_hold_nobody_up() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let (gateway, _dns) = network(&[&scheduler], &pki).await;
    // Handshakes that never begin.
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(gateway.addresses.mutual_tls).await.unwrap());
        silent.push(TcpStream::connect(gateway.addresses.plain).await.unwrap());
    }
    let reply = gateway.get("/nodes").await;
    assert_eq!(reply.status, 200);
    // A handshake is given up after 5 s.
    assert!(reply.took.as_secs_f64() < 3.0, "{:?}", reply.took);
    assert_eq!(gateway.plain("/health").await.status, 200);
}
