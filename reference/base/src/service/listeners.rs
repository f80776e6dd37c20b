//! The listeners of a service, plain and with mutual TLS.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::Router;
use persys_identity::{LoadedCredentials, MutualTlsListener, Refusal};
use tokio::{net::TcpListener, task::JoinSet};

use super::{Lifecycle, serve::serve};
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
    servers: JoinSet<()>,
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
        self.servers.spawn(serve(listener, router, stop));
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
        #[cfg(feature = "defects")]
        let config = lenient(credentials, config)?;
        let listener = MutualTlsListener::bind(address, config, refusal_recorder(metrics))
            .await
            .map_err(failed)?;
        let bound = self.secure(listener, router).map_err(failed)?;
        tracing::info!(address = %bound, "listening with mutual TLS");
        Ok(bound)
    }

    /// The same with TLS that asks nobody for a certificate. `on_refusal` hears
    /// of who was turned away in the handshake.
    pub async fn server_tls(
        &mut self,
        variable: &'static str,
        address: SocketAddr,
        credentials: &LoadedCredentials,
        on_refusal: impl Fn(Refusal) + Send + Sync + 'static,
        router: Router,
    ) -> Result<SocketAddr, StartError> {
        let failed = |cause| StartError::Listen { variable, address, cause };
        let config = credentials.server_config_without_client_auth()?;
        let listener =
            MutualTlsListener::bind(address, config, on_refusal).await.map_err(failed)?;
        let bound = self.secure(listener, router).map_err(failed)?;
        tracing::info!(address = %bound, "listening with TLS");
        Ok(bound)
    }

    fn secure(&mut self, listener: MutualTlsListener, router: Router) -> io::Result<SocketAddr> {
        let bound = axum::serve::Listener::local_addr(&listener)?.address;
        let stop = self.lifecycle.token().clone();
        self.servers.spawn(serve(listener, router, stop));
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

/// The same, unless this process is to let somebody in who should stay out.
#[cfg(feature = "defects")]
fn lenient(
    credentials: &LoadedCredentials,
    sound: std::sync::Arc<rustls::ServerConfig>,
) -> Result<std::sync::Arc<rustls::ServerConfig>, persys_identity::CredentialError> {
    use crate::{
        defect,
        defects::{
            Tolerated, lenient_server_config as let_in, one_version_server_config as speaking,
        },
    };
    use rustls::version::{TLS12, TLS13};
    defect!("gateway-takes-no-certificate" => return let_in(credentials, Tolerated::Absent));
    defect!("gateway-takes-any-authority" => return let_in(credentials, Tolerated::Foreign));
    defect!("gateway-takes-expired-certificates" => return let_in(credentials, Tolerated::Expired));
    defect!("scheduler-takes-any-authority" => return let_in(credentials, Tolerated::Foreign));
    defect!("scheduler-takes-server-certificates" => return let_in(credentials, Tolerated::WrongUsage));
    defect!("gateway-takes-early-certificates" => return let_in(credentials, Tolerated::NotYetValid));
    defect!("gateway-takes-server-certificates" => return let_in(credentials, Tolerated::WrongUsage));
    defect!("scheduler-takes-expired-certificates" => return let_in(credentials, Tolerated::Expired));
    defect!("scheduler-takes-early-certificates" => return let_in(credentials, Tolerated::NotYetValid));
    defect!("gateway-speaks-tls-1-2-alone" => return speaking(credentials, &TLS12));
    defect!("gateway-speaks-tls-1-3-alone" => return speaking(credentials, &TLS13));
    defect!("scheduler-speaks-tls-1-2-alone" => return speaking(credentials, &TLS12));
    defect!("scheduler-speaks-tls-1-3-alone" => return speaking(credentials, &TLS13));
    Ok(sound)
}
