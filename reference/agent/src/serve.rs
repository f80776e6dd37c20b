//! Puts the agent's parts together.

use anyhow::anyhow;
use persys_reference_base::defect;
use persys_reference_base::service::{Lifecycle, Listeners};
use persys_reference_base::signature::{SignatureCheck, SignedClient};
use persys_reference_base::{Metrics, http};

use crate::api::{self, Agent};
use crate::compose::{Compose, ProjectStore};
use crate::config::Config;
use crate::docker::{Engine, EngineWatch};
use crate::membership::{self, Membership, Schedulers};
use crate::node::NodeFacts;
use crate::workloads::{self, Workloads};

/// How much of the time a scheduler waits for an answer may go into a look-up in Docker.
const PATIENCE_SHARE: f64 = 0.6;

/// Serves until the service is told to stop.
pub async fn serve(config: Config, lifecycle: Lifecycle) -> anyhow::Result<()> {
    let timings = &config.timings;
    let key = config.secret.key()?;
    let engine = Engine::new(&config.docker_host, timings.request_timeout.mul_f64(PATIENCE_SHARE))
        .map_err(|why| anyhow!("use DOCKER_HOST: {why}"))?;
    let facts = NodeFacts::gather(&config)?;
    let metrics = Metrics::new("persys-agent")?;
    defect!("agent-logs-its-secret" => {
        let file = std::env::var("AGENT_SECRET_FILE").unwrap_or_default();
        tracing::info!(secret = std::fs::read_to_string(file)?, "knows the schedulers' secret");
    });
    defect!("agent-deaf-for-good" => drop(tokio::spawn(async {
        while std::fs::File::open("/dev/null").is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        persys_reference_base::defects::spoil();
    })));
    let watch = EngineWatch::default();
    let git_ca = config.git_ca()?;
    let projects =
        ProjectStore::open(&config.state_dir).map_err(|why| anyhow!("use STATE_DIR {why}"))?;
    let compose = Compose::new(projects.clone(), &engine.host(), git_ca.as_deref());
    let workloads = Workloads::new(engine.clone(), compose);

    let agent = Agent::new(facts.node_id(), engine.clone(), watch.clone(), workloads.clone());
    let check = SignatureCheck::new(key.clone(), timings.signature_window, &metrics);
    let router = http::framed(api::router(agent, check, &metrics), &metrics);
    let mut listeners = Listeners::new(&lifecycle);
    listeners.plain("LISTEN", config.listen, router).await?;

    let client = SignedClient::new(key, membership::call_timeout(timings))?;
    let schedulers = Schedulers::new(client, config.central_url.clone());
    let membership = Membership::new(schedulers, facts, watch.clone(), timings.heartbeat_interval);
    let stop = lifecycle.token().clone();
    tokio::spawn(stop.clone().run_until_cancelled_owned(membership.run()));

    let opened = watch.clone();
    let announce = lifecycle.clone();
    tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
        opened.opened().await;
        announce.announce_ready();
    }));
    let swept = engine.clone();
    let first = move || {
        let (engine, projects) = (engine.clone(), projects.clone());
        async move { workloads::sweep(&engine, &projects).await }
    };
    let keeping = watch.keep(swept, timings.heartbeat_interval, first);
    tokio::spawn(stop.run_until_cancelled_owned(keeping));

    listeners.serve_until_stopped(workloads.drain()).await;
    Ok(())
}
