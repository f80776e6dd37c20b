//! Makes mutual TLS connections to schedulers.

use persys_reference_base::defect;
use std::{io, sync::Arc, time::Duration};

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{CertificateError, ClientConfig, pki_types::ServerName};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::connection::Connection;
use crate::discovery::Endpoint;

/// How long the TCP connection and the handshake may take, each. A request does
/// not wait for it while another scheduler is left; see [`super::forward`].
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why there is no connection; no request was sent.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("connect: {0}")]
    Tcp(io::Error),
    #[error("connect within {CONNECT_TIMEOUT:?}")]
    TcpTimeout,
    /// It accepts connections and answers none, as a stopped process does.
    #[error("finish the TLS handshake within {CONNECT_TIMEOUT:?}")]
    HandshakeTimeout,
    #[error("trust its certificate: {0}")]
    Untrusted(rustls::Error),
    #[error("finish the TLS handshake: {0}")]
    Handshake(io::Error),
    #[error("speak HTTP: {0}")]
    Http(hyper::Error),
}

/// Holds the gateway's certificate and the only authority it trusts.
#[derive(Clone)]
pub struct Connector(TlsConnector);

impl Connector {
    pub fn new(mut config: ClientConfig) -> Self {
        defect!("gateway-trusts-any-scheduler" => {
            config = persys_reference_base::defects::trusting_client_config(config);
        });
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self(TlsConnector::from(Arc::new(config)))
    }

    /// Connects to a scheduler whose certificate bears its address or its SRV target.
    pub(super) async fn connect(&self, endpoint: &Endpoint) -> Result<Connection, ConnectError> {
        let by_address = ServerName::from(endpoint.address.ip());
        let stream = match self.handshake(endpoint, by_address).await {
            Err(ConnectError::Untrusted(error)) if is_name_mismatch(&error) => {
                let by_name =
                    endpoint.name.clone().and_then(|name| ServerName::try_from(name).ok());
                match by_name {
                    Some(name) => self.handshake(endpoint, name).await?,
                    None => return Err(ConnectError::Untrusted(error)),
                }
            }
            other => other?,
        };
        let (sender, driver) =
            http1::handshake(TokioIo::new(stream)).await.map_err(ConnectError::Http)?;
        Ok(Connection::new(sender, driver))
    }

    async fn handshake(
        &self,
        endpoint: &Endpoint,
        name: ServerName<'static>,
    ) -> Result<TlsStream<TcpStream>, ConnectError> {
        let tcp = timeout(CONNECT_TIMEOUT, TcpStream::connect(endpoint.address))
            .await
            .map_err(|_| ConnectError::TcpTimeout)?
            .map_err(ConnectError::Tcp)?;
        // A request is one small segment; waiting to fill it only costs latency.
        tcp.set_nodelay(true).map_err(ConnectError::Tcp)?;
        timeout(CONNECT_TIMEOUT, self.0.connect(name, tcp))
            .await
            .map_err(|_| ConnectError::HandshakeTimeout)?
            .map_err(|error| match tls_error(&error) {
                Some(tls @ rustls::Error::InvalidCertificate(_)) => {
                    ConnectError::Untrusted(tls.clone())
                }
                _ => ConnectError::Handshake(error),
            })
    }
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn is_name_mismatch(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        )
    )
}
