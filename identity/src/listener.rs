//! A listener that lets in only who shows a certificate of the authority.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::serve::Listener;
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{Peer, Refusal, RefusalReason};

/// How long a client may take for the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Handshakes under way at once; more wait in the kernel's queue.
const HANDSHAKES_AT_ONCE: usize = 256;
/// How long to hold off when the process has no file descriptor left.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Serves axum over mutual TLS. Handshakes run beside each other, so that a slow
/// client keeps nobody waiting.
pub struct MutualTlsListener {
    connections: mpsc::Receiver<(TlsStream<TcpStream>, Peer)>,
    local: SocketAddr,
    accepting: JoinHandle<()>,
}

impl MutualTlsListener {
    /// Listens on `address`. `on_refusal` hears of every handshake that failed.
    pub async fn bind(
        address: SocketAddr,
        config: Arc<ServerConfig>,
        on_refusal: impl Fn(Refusal) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let local = listener.local_addr()?;
        let (sender, connections) = mpsc::channel(16);
        let accepting = tokio::spawn(accept(listener, config.into(), sender, Arc::new(on_refusal)));
        Ok(Self { connections, local, accepting })
    }
}

impl Drop for MutualTlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for MutualTlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = Peer;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            // The accepting task ends only with this listener.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(Peer { address: self.local, role: None, subject: String::new() })
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    sender: mpsc::Sender<(TlsStream<TcpStream>, Peer)>,
    on_refusal: Arc<dyn Fn(Refusal) + Send + Sync>,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let (tcp, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(_) => {
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            }
        };
        let (acceptor, sender, on_refusal) = (acceptor.clone(), sender.clone(), on_refusal.clone());
        tokio::spawn(async move {
            // Answers are small; waiting to fill a segment only costs latency.
            let _ = tcp.set_nodelay(true);
            let refused = match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(tcp)).await {
                Ok(Ok(stream)) => {
                    drop(place);
                    let certificate =
                        stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                    let peer = Peer::new(address, certificate);
                    // The receiver is gone when the server shuts down.
                    let _ = sender.send((stream, peer)).await;
                    return;
                }
                Ok(Err(error)) => (RefusalReason::of(&error), error.to_string()),
                Err(_) => (
                    RefusalReason::HandshakeTimeout,
                    format!("no handshake within {HANDSHAKE_TIMEOUT:?}"),
                ),
            };
            on_refusal(Refusal { peer: address, reason: refused.0, detail: refused.1 });
        });
    }
}
