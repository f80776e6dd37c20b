//! A server that does nothing, over the same mutual TLS as the platform's: what it
//! takes to ask it is the cost of client, TLS and network alone.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use axum::{Router, routing::any};
use persys_identity::{
    Authority, AuthorityError, CertificateSpec, CredentialError, Credentials, LoadedCredentials,
    MutualTlsListener, install_crypto,
};
use tokio::task::JoinHandle;

/// Why the null server cannot be.
#[derive(Debug, thiserror::Error)]
pub enum NullServerError {
    #[error(transparent)]
    Certificate(#[from] AuthorityError),
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    #[error("listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
}

/// Serves until it is dropped.
pub struct NullServer {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl NullServer {
    /// Serves on a port of its own of `ip`, with a certificate of the authority.
    pub async fn start(ip: IpAddr, authority: &Authority) -> Result<Self, NullServerError> {
        install_crypto();
        let issued = authority.issue(&CertificateSpec::server("null-server").with_ip(ip))?;
        // The pair is never written anywhere; the names appear in errors alone.
        let files = Credentials {
            cert: PathBuf::from("null-server.crt"),
            key: PathBuf::from("null-server.key"),
            ca: PathBuf::from("ca.crt"),
        };
        let ca = authority.cert_pem().as_bytes().to_vec();
        let credentials = LoadedCredentials::from_pem(
            files,
            issued.cert_pem.into_bytes(),
            issued.key_pem.into_bytes(),
            ca,
        )?;
        let address = SocketAddr::new(ip, 0);
        // Who is refused learns it by the handshake, and its request fails.
        let listener = MutualTlsListener::bind(address, credentials.server_config()?, |_| {})
            .await
            .map_err(|source| NullServerError::Listen { address, source })?;
        let address = axum::serve::Listener::local_addr(&listener)
            .map_err(|source| NullServerError::Listen { address, source })?
            .address;
        let router = Router::new().fallback(any(async || "[]"));
        let serving = tokio::spawn(async move {
            // It ends with the task alone.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, serving })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for NullServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
