//! Puts the gateway together.

use std::{net::SocketAddr, sync::Arc};

use persys_reference_base::{
    Metrics,
    service::{Lifecycle, Listeners},
};

use crate::{
    Config, SERVICE,
    discovery::{Lookup, watch},
    github::GitHub,
    routes::{Context, GitHubContext, mutual_routes, plain_routes},
    upstream::{Connector, Schedulers},
};

/// Where a running gateway listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    pub mutual_tls: SocketAddr,
    pub plain: SocketAddr,
}

/// Runs until the service is told to stop.
pub async fn serve(config: Config, lifecycle: Lifecycle) -> anyhow::Result<()> {
    let (listeners, _) = start(config, &lifecycle).await?;
    listeners.serve_until_stopped(async {}).await;
    Ok(())
}

/// Listens and looks for schedulers; ready when one was found.
pub async fn start(
    config: Config,
    lifecycle: &Lifecycle,
) -> anyhow::Result<(Listeners, Addresses)> {
    let metrics = Metrics::new(SERVICE)?;
    let credentials = config.tls.credentials().load()?;
    let connector = Connector::new(credentials.client_config()?);
    let schedulers = Arc::new(Schedulers::new(connector, &metrics)?);
    let lookup = Lookup::new(config.coredns_addr, &config.discovery_service, &config.domain)?;
    let context =
        Context { schedulers: schedulers.clone(), request_timeout: config.timings.request_timeout };
    let github = match config.github.app()? {
        Some(app) => {
            let github = GitHub::new(app, &config.tls, config.timings.request_timeout)?;
            Some(GitHubContext::new(github, &metrics)?)
        }
        None => {
            tracing::info!("the login with GitHub is off: it is not configured");
            None
        }
    };

    let mut listeners = Listeners::new(lifecycle);
    let mutual_tls = listeners
        .mutual_tls(
            "LISTEN_TLS",
            config.listen_tls,
            &credentials,
            &metrics,
            mutual_routes(context.clone(), github, &metrics),
        )
        .await?;
    let plain = listeners
        .plain("LISTEN_PLAIN", config.listen_plain, plain_routes(context, &metrics))
        .await?;

    tokio::spawn(watch(
        lookup,
        config.prow_scheduler_addr,
        config.timings.discovery_interval,
        schedulers.clone(),
        lifecycle.token().clone(),
    ));
    let lifecycle = lifecycle.clone();
    tokio::spawn(async move {
        schedulers.found_once().await;
        lifecycle.announce_ready();
    });
    Ok((listeners, Addresses { mutual_tls, plain }))
}
