//! The way to a Docker Engine. The client library's own mutual TLS trusts the
//! host's authorities as well; ours trusts the test authority alone.

use std::{net::SocketAddrV4, time::Duration};

use bollard::{API_DEFAULT_VERSION as VERSION, BollardRequest, Docker};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use persys_identity::LoadedCredentials;

use super::ProbeError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// After how much silence the peer is asked whether it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// A client of the engine at `address`; with credentials over mutual TLS. It names
/// no version of the interface, so each engine is asked in its own.
/// `timeout` bounds the time to an answer's first byte.
pub(super) fn connect(
    who: &str,
    address: SocketAddrV4,
    credentials: Option<&LoadedCredentials>,
    timeout: Duration,
) -> Result<Docker, ProbeError> {
    let problem = |error: &dyn std::fmt::Display| {
        ProbeError::setup(format!("make a client for {who}: {error}"))
    };
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    // A stream of events is silent for long, also when the link is cut.
    http.set_keepalive(Some(KEEP_ALIVE));
    http.set_keepalive_interval(Some(Duration::from_secs(1)));
    http.set_keepalive_retries(Some(3));
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_max_idle_per_host(0);
    let seconds = timeout.as_secs().max(1);
    let Some(credentials) = credentials else {
        let client = builder.build(http);
        let transport = move |request: BollardRequest| {
            let client = client.clone();
            async move { client.request(request).await.map_err(bollard::errors::Error::from) }
        };
        let address = Some(format!("http://{address}"));
        return Docker::connect_with_custom_transport(transport, address, seconds, VERSION)
            .map_err(|error| problem(&error));
    };
    persys_identity::install_crypto();
    let config = credentials.client_config().map_err(|error| problem(&error))?;
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_only()
        .enable_http1()
        .wrap_connector(http);
    let client = builder.build(https);
    let transport = move |request: BollardRequest| {
        let client = client.clone();
        async move { client.request(request).await.map_err(bollard::errors::Error::from) }
    };
    let address = Some(format!("https://{address}"));
    Docker::connect_with_custom_transport(transport, address, seconds, VERSION)
        .map_err(|error| problem(&error))
}
