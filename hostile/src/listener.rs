//! What is attacked, and how to reach it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// How long a listener may take to see that there is nothing more to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A listener of ours for HTTP/1.1.
pub struct Listener {
    pub address: SocketAddr,
    tls: Option<TlsConnector>,
}

/// Anything that carries bytes.
pub trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

impl Listener {
    /// One without TLS.
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// One with TLS, for whose handshake `fit` is good enough.
    pub fn tls(address: SocketAddr, fit: impl Into<Arc<ClientConfig>>) -> Self {
        Self { address, tls: Some(TlsConnector::from(fit.into())) }
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.tls.is_none()
    }

    /// A connection that is ready for HTTP.
    pub async fn connect(&self) -> std::io::Result<Box<dyn Connection>> {
        let stream = self.connect_raw().await?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::from(self.address.ip());
        Ok(Box::new(tls.connect(name, stream).await?))
    }

    /// A connection on which nothing was said yet.
    pub async fn connect_raw(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(self.address).await
    }
}

/// Says all of it and that this was all, and gives what is heard until the other side
/// closes, which it must.
pub(crate) async fn say(mut connection: impl Connection, bytes: &[u8]) -> Vec<u8> {
    let mut heard = Vec::new();
    let talk = async {
        // The other side may have had enough before it has all.
        let _ = connection.write_all(bytes).await;
        let _ = connection.shutdown().await;
        let _ = connection.read_to_end(&mut heard).await;
    };
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
    timeout(PATIENCE, talk).await.unwrap_or_else(|_| panic!("not closed after {start:?}"));
    heard
}
