//! The embedded server as a program.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use hickory_server::{Server, proto::rr::Name};
use persys_identity::{Credentials, install_crypto};
use tokio::{
    net::{TcpListener, UdpSocket},
    signal::unix::{SignalKind, signal},
};

use super::{handler::Handler, store::Store};

/// A connection without a question is closed after this.
const IDLE: Duration = Duration::from_secs(10);
const RESPONSES_PER_CONNECTION: usize = 32;

#[derive(Debug, Args)]
pub struct DnsOptions {
    /// UDP and TCP
    #[arg(long)]
    pub listen: SocketAddr,
    #[arg(long)]
    pub domain: String,
    #[arg(long, value_delimiter = ',')]
    pub endpoints: Vec<String>,
    #[arg(long, requires_all = ["key", "ca"])]
    pub cert: Option<PathBuf>,
    #[arg(long)]
    pub key: Option<PathBuf>,
    #[arg(long)]
    pub ca: Option<PathBuf>,
}

/// Answers until SIGTERM.
pub async fn serve(options: DnsOptions) -> Result<()> {
    install_crypto();
    let mut term = signal(SignalKind::terminate()).context("take signals")?;
    let credentials = match (options.cert, options.key, options.ca) {
        (Some(cert), Some(key), Some(ca)) => Some(Credentials { cert, key, ca }.load()?),
        _ => None,
    };
    let zone = Name::from_ascii(format!("{}.", options.domain)).context("read the domain")?;
    let store = Store::new(options.endpoints, credentials.as_ref()).await?;
    let listen = options.listen;
    let udp = UdpSocket::bind(listen).await.with_context(|| format!("listen at {listen}/udp"))?;
    let tcp = TcpListener::bind(listen).await.with_context(|| format!("listen at {listen}/tcp"))?;
    let mut server = Server::new(Handler { zone, store });
    server.register_socket(udp);
    server.register_listener(tcp, IDLE, RESPONSES_PER_CONNECTION);
    // Whoever started it by hand does not wait for the notice.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    tokio::select! {
        done = server.block_until_done() => done.context("go on serving"),
        _ = term.recv() => Ok(()),
    }
}
