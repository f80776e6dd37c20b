//! Puts the stand-in together.

use std::net::SocketAddr;

use anyhow::Context;
use axum::{Router, routing::get};
use persys_identity::Refusal;
use persys_reference_base::service::{Lifecycle, Listeners};

use crate::{
    Config, GitHub, admin,
    api::{self, RateLimits},
    frame::framed,
    git::{self, Git, Seed, plant},
    github::{App, Parts},
    oauth, page,
    records::Store,
    webhooks::Webhooks,
};

/// Runs until the service is told to stop.
pub async fn serve(config: Config, lifecycle: Lifecycle) -> anyhow::Result<()> {
    let (listeners, _) = start(config, &lifecycle).await?;
    listeners.serve_until_stopped(async {}).await;
    Ok(())
}

/// Plants the seed and listens; ready from then on.
pub async fn start(
    config: Config,
    lifecycle: &Lifecycle,
) -> anyhow::Result<(Listeners, SocketAddr)> {
    let secrets = config.secrets()?;
    let credentials =
        config.tls.credentials().load().context("failed to use TLS_CERT, TLS_KEY or TLS_CA")?;
    let hook_pair = config.webhook_credentials().map(|pair| pair.load()).transpose();
    let hook_pair = hook_pair.context("failed to use WEBHOOK_CERT or WEBHOOK_KEY")?;
    let webhooks = Webhooks::new(
        hook_pair.as_ref().unwrap_or(&credentials),
        hook_pair.is_some(),
        secrets.webhook_secret,
    )?;
    let git = Git::new(&config.git_program, &config.data_dir.join("repositories"))
        .await
        .context("failed to use DATA_DIR or GIT_PROGRAM")?;
    let store = Store::open(&config.data_dir.join("state.json"), &config.github_login)
        .context("failed to use DATA_DIR")?;
    let seed = Seed::read(config.seed.as_deref()).context("failed to plant the seed")?;
    plant(&seed, &store, &git).await.context("failed to plant the seed")?;
    anyhow::ensure!(
        store.user(&config.github_login).is_some(),
        "GITHUB_LOGIN names {:?}, which SEED does not have",
        config.github_login
    );

    let github = GitHub::new(Parts {
        store,
        app: App {
            client_id: config.github_client_id,
            client_secret: secrets.client_secret,
            callback: config.github_callback_url,
        },
        git,
        webhooks,
        rate_limits: RateLimits::new(config.rate_limit),
    });
    let mut router = Router::new()
        .route("/", get(page::home))
        .merge(oauth::routes())
        .merge(api::routes(&github))
        .merge(git::routes());
    if let Some(token) = secrets.admin_token {
        router = router.merge(admin::routes(token));
    }
    let router = router
        .method_not_allowed_fallback(async || page::not_found())
        .fallback(async || page::not_found())
        .with_state(github);

    let mut listeners = Listeners::new(lifecycle);
    let address = listeners
        .server_tls("LISTEN", config.listen, &credentials, record_refusal, framed(router))
        .await?;
    lifecycle.announce_ready();
    Ok((listeners, address))
}

fn record_refusal(refusal: Refusal) {
    let reason = refusal.reason.as_str();
    let peer = refusal.peer.to_string();
    tracing::warn!(reason, peer, detail = refusal.detail, "refused a connection");
}
