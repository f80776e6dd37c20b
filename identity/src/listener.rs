//! A listener that lets in only who shows a certificate of the authority.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::serve::Listener;
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{Peer, Refusal, RefusalReason, WaitingRoom};

/// How long a client may take for the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Handshakes under way at once; more wait in the kernel's queue, as long as none
/// of these takes longer than [`GRACE`].
const HANDSHAKES_AT_ONCE: usize = 256;
/// What a handshake may take while others wait for its place.
const GRACE: Duration = Duration::from_secs(1);
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
    let room = WaitingRoom::new(HANDSHAKES_AT_ONCE, GRACE);
    loop {
        let (tcp, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(_) => {
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            }
        };
        let seat = room.enter().await;
        let (acceptor, sender, on_refusal) = (acceptor.clone(), sender.clone(), on_refusal.clone());
        tokio::spawn(async move {
            // Answers are small; waiting to fill a segment only costs latency.
            let _ = tcp.set_nodelay(true);
            let sent_away = seat.sent_away();
            let handshake = sent_away.run_until_cancelled(acceptor.accept(tcp));
            let refused = match timeout(HANDSHAKE_TIMEOUT, handshake).await {
                Ok(Some(Ok(stream))) => {
                    drop(seat);
                    let certificate =
                        stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                    let peer = Peer::new(address, certificate);
                    // The receiver is gone when the server shuts down.
                    let _ = sender.send((stream, peer)).await;
                    return;
                }
                Ok(Some(Err(error))) => (RefusalReason::of(&error), error.to_string()),
                Ok(None) => (
                    RefusalReason::HandshakeTimeout,
                    format!("no handshake within {GRACE:?}, and others wait"),
                ),
                Err(_) => (
                    RefusalReason::HandshakeTimeout,
                    format!("no handshake within {HANDSHAKE_TIMEOUT:?}"),
                ),
            };
            on_refusal(Refusal { peer: address, reason: refused.0, detail: refused.1 });
        });
    }
}
