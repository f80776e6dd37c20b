//! Puts the parts together and runs them until the service stops.

use persys_reference_base::defect;
use std::sync::Arc;

use anyhow::Context;
use persys_contract::Discovery;
use persys_reference_base::{
    Metrics,
    service::{Lifecycle, Listeners},
    signature::SignatureCheck,
};
use tokio::sync::{Notify, watch};

use crate::{
    agent_client::AgentClient,
    cluster::{Leadership, elect, keep_lease, lead, register, sweep_claims},
    config::Config,
    metrics::SchedulerMetrics,
    monitor::take_census,
    placement::{Ledger, Placements, allot_all},
    reconcile::{Agenda, Turns},
    routes,
    scheduler::Scheduler,
    store::{Connection, Store},
};

/// Leadership and claims go this long after their holder, in seconds.
const SESSION_SECONDS: i64 = 5;

pub async fn start(config: Config, lifecycle: Lifecycle) -> anyhow::Result<()> {
    let instance = config.instance()?;
    let key = config.secret.key()?;
    let credentials = config.tls.credentials().load().map_err(|e| anyhow::anyhow!("cannot {e}"))?;
    let etcd = config.etcd_credentials()?;
    let names = Discovery::with_service(&config.domain, &config.discovery_service);
    let connection = Connection::new(&config.etcd_endpoints, etcd.as_ref())
        .await
        .context("cannot use ETCD_ENDPOINTS with ETCD_CERT, ETCD_KEY and ETCD_CA")?;
    let store = Store::new(connection);
    let metrics = Metrics::new("prow-scheduler")?;
    let stop = lifecycle.token().clone();

    let (session, session_watch) = watch::channel(None);
    let (elected, elected_watch) = watch::channel(None);
    let (discovery, discovery_watch) = watch::channel(None);
    let (placements, wishes) = Placements::new();
    let scheduler = Arc::new(Scheduler {
        instance: instance.clone(),
        names: names.clone(),
        timings: config.timings.clone(),
        store: store.clone(),
        agents: AgentClient::new(key.clone(), config.timings.request_timeout)?,
        leadership: Leadership::new(session_watch.clone(), elected_watch),
        metrics: SchedulerMetrics::new(&metrics)?,
        agenda: Agenda::default(),
        monitor_wanted: Notify::new(),
        ledger: Ledger::default(),
        placements,
        background: Turns::default(),
    });
    let check = SignatureCheck::new(key, config.timings.signature_window, &metrics);

    // The store may come up later than its clients.
    defect!("restart-forgets-workloads" => while store.forget_workloads().await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    });
    let mut listeners = Listeners::new(&lifecycle);
    let secure = routes::secure(scheduler.clone(), &metrics);
    let bound = listeners
        .mutual_tls("LISTEN_TLS", config.listen_tls, &credentials, &metrics, secure)
        .await?;
    let plain = routes::plain(scheduler.clone(), check, &metrics);
    listeners.plain("LISTEN_PLAIN", config.listen_plain, plain).await?;

    let session = tokio::spawn(keep_lease(store.clone(), SESSION_SECONDS, session, stop.clone()));
    let records =
        tokio::spawn(keep_lease(store.clone(), Discovery::LEASE_SECONDS, discovery, stop.clone()));
    tokio::spawn(sweep_claims(store.clone(), session_watch.clone(), stop.clone()));
    tokio::spawn(elect(store.clone(), instance.clone(), session_watch, elected, stop.clone()));
    tokio::spawn(lead(scheduler.clone(), stop.clone()));
    tokio::spawn(allot_all(scheduler.clone(), wishes, stop.clone()));
    tokio::spawn(take_census(scheduler, stop));
    let host = config.advertise_ip.unwrap_or(bound.ip()).to_string();
    tokio::spawn(register(
        store,
        names,
        instance,
        host,
        bound.port(),
        discovery_watch,
        lifecycle.clone(),
    ));

    // Giving the leases back takes the discovery records and the leadership away.
    listeners
        .serve_until_stopped(async {
            let _ = tokio::join!(session, records);
        })
        .await;
    Ok(())
}
