//! The listeners of a service, plain and with mutual TLS.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::Router;
use persys_identity::{LoadedCredentials, MutualTlsListener, Peer};
use tokio::{net::TcpListener, task::JoinSet};

use super::Lifecycle;
use crate::{Metrics, refusal_recorder};

/// How long requests that are being served may take once the service stops; the
/// contract allows 5 s until the process is gone.
const DRAIN: Duration = Duration::from_secs(3);

/// What stops the start; the text names the variable.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {variable} {address}: {cause}")]
    Listen { variable: &'static str, address: SocketAddr, cause: io::Error },
    #[error("cannot {0}")]
    Credentials(#[from] persys_identity::CredentialError),
}

/// Serves routers until the service stops.
pub struct Listeners {
    lifecycle: Lifecycle,
    servers: JoinSet<io::Result<()>>,
}

impl Listeners {
    pub fn new(lifecycle: &Lifecycle) -> Self {
        Self { lifecycle: lifecycle.clone(), servers: JoinSet::new() }
    }

    /// Accepts from here on. `variable` is where the address came from. Gives the
    /// address back, with the port that a port of 0 became.
    pub async fn plain(
        &mut self,
        variable: &'static str,
        address: SocketAddr,
        router: Router,
    ) -> Result<SocketAddr, StartError> {
        let failed = |cause| StartError::Listen { variable, address, cause };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let stop = self.lifecycle.token().clone();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
        self.servers.spawn(async move { server.await });
        tracing::info!(address = %bound, "listening");
        Ok(bound)
    }

    /// The same with mutual TLS; who is turned away in the handshake is logged and counted.
    pub async fn mutual_tls(
        &mut self,
        variable: &'static str,
        address: SocketAddr,
        credentials: &LoadedCredentials,
        metrics: &Metrics,
        router: Router,
    ) -> Result<SocketAddr, StartError> {
        let failed = |cause| StartError::Listen { variable, address, cause };
        let config = credentials.server_config()?;
        let listener = MutualTlsListener::bind(address, config, refusal_recorder(metrics))
            .await
            .map_err(failed)?;
        let bound = axum::serve::Listener::local_addr(&listener).map_err(failed)?.address;
        let stop = self.lifecycle.token().clone();
        let service = router.into_make_service_with_connect_info::<Peer>();
        let server = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
        self.servers.spawn(async move { server.await });
        tracing::info!(address = %bound, "listening with mutual TLS");
        Ok(bound)
    }

    /// Serves until the service stops, then lets what is being served finish
    /// while `farewell` (leases to give back, say) runs; both within 3 s.
    pub async fn serve_until_stopped(mut self, farewell: impl Future<Output = ()>) {
        self.lifecycle.stopping().await;
        let draining = async { while self.servers.join_next().await.is_some() {} };
        let both = async { tokio::join!(draining, farewell) };
        if tokio::time::timeout(DRAIN, both).await.is_err() {
            tracing::warn!("requests that were still being served are broken off");
        }
    }
}
