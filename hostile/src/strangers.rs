//! Callers without a certificate that is good here.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use persys_contract::Role;
use persys_identity::{
    Authority, CertificateSpec, Credentials, IssuedCertificate, LoadedCredentials,
};
use rustls::{AlertDescription, ClientConfig, version};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::{Listener, listener::say};

/// How long a refusal may take.
const PATIENCE: Duration = Duration::from_secs(30);
const REQUEST: &[u8] = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// Callers who trust the authority with this certificate and show none of its own
/// making: with each version of TLS no certificate, one of another authority, and one
/// that nobody has signed.
pub fn stranger_configs(authority_pem: &str, role: Role) -> Vec<(&'static str, ClientConfig)> {
    let mut all = Vec::new();
    for (name, version) in [("TLS 1.2", &version::TLS12), ("TLS 1.3", &version::TLS13)] {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority_pem.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_protocol_versions(&[version])
            .with_root_certificates(Arc::new(roots))
            .with_no_client_auth();
        all.push((name, config));
    }
    let spec = CertificateSpec::client(role);
    let foreign = Authority::create().unwrap().issue(&spec).unwrap();
    all.push(("a foreign authority", shows(&foreign, authority_pem)));
    let alone = Authority::self_signed(&spec).unwrap();
    all.push(("no authority", shows(&alone, authority_pem)));
    all
}

fn shows(issued: &IssuedCertificate, authority_pem: &str) -> ClientConfig {
    let nowhere = PathBuf::from("memory");
    let files = Credentials { cert: nowhere.clone(), key: nowhere.clone(), ca: nowhere };
    let bytes = |text: &str| text.as_bytes().to_vec();
    let loaded = LoadedCredentials::from_pem(
        files,
        bytes(&issued.cert_pem),
        bytes(&issued.key_pem),
        bytes(authority_pem),
    );
    loaded.unwrap().client_config().unwrap()
}

/// The alert that a caller gets who says nothing after its part of the handshake: with
/// TLS 1.3 it hears of its refusal only then.
async fn refusal(listener: &Listener) -> Option<AlertDescription> {
    let mut connection = match listener.connect().await {
        Ok(connection) => connection,
        Err(error) => return alert_in(&error),
    };
    let mut heard = Vec::new();
    connection.read_to_end(&mut heard).await.err().as_ref().and_then(alert_in)
}

fn alert_in(error: &io::Error) -> Option<AlertDescription> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

/// Each of them is refused with an alert of TLS, and a whole request of each, like one
/// without TLS, is answered with not one byte of HTTP.
pub async fn strangers_get_no_answer(
    address: std::net::SocketAddr,
    strangers: Vec<(&'static str, ClientConfig)>,
) {
    assert!(!strangers.is_empty());
    for (who, config) in strangers {
        let listener = Listener::tls(address, config);
        let alert = timeout(PATIENCE, refusal(&listener)).await.expect("it is not refused");
        assert!(alert.is_some(), "{who}: refused without an alert of TLS");
        // With TLS 1.3 a client may speak before it hears that it is refused.
        let mut connection = match listener.connect().await {
            Ok(connection) => connection,
            Err(error) => {
                assert_eq!(alert_in(&error), alert, "{who}: {error}");
                continue;
            }
        };
        let mut heard = Vec::new();
        let talk = async {
            let _ = connection.write_all(REQUEST).await;
            let _ = connection.flush().await;
            connection.read_to_end(&mut heard).await
        };
        let outcome = timeout(PATIENCE, talk).await.expect("it is neither answered nor refused");
        assert_eq!(String::from_utf8_lossy(&heard), "", "{who}");
        assert!(outcome.is_err(), "{who}: ended in order, as if it were welcome");
    }
    let plain = Listener::plain(address);
    let heard = say(plain.connect_raw().await.unwrap(), REQUEST).await;
    assert!(!heard.starts_with(b"HTTP"), "{:?}", String::from_utf8_lossy(&heard));
}
