//! Records that name schedulers where none is.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    time::Instant,
};

use persys_contract::{ServiceRecord, topology::MachineRole};
use serde_json::json;

use super::{
    site::{names, schedulers, until_known, until_named},
    traffic::{Traffic, judge},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
};

/// Discard, where nobody listens.
const CLOSED_PORT: u16 = 9;

/// The keys of the records that were planted.
struct Planted(Vec<String>);

pub async fn skipped(cx: &mut Context) -> StepResult {
    let client = cx.topology().one(MachineRole::Client).1.address;
    let nobody = unused_address(cx)?;
    let port = cx.topology().ports.scheduler;
    // One refuses connections, the other does not even answer.
    let places = [SocketAddrV4::new(client, CLOSED_PORT), SocketAddrV4::new(nobody, port)];
    let mut keys = Vec::new();
    for place in places {
        keys.push(plant(cx, &at(place)).await?);
    }
    let mut all = schedulers(cx);
    all.extend(keys.iter().cloned().zip(places));
    let count = all.len();
    until_named(cx, &all).await?;
    until_known(cx, count).await?;
    cx.put(Planted(keys));
    let traffic = Traffic::start(cx);
    let from = Instant::now();
    traffic.until(cx, from, cx.timings().discovery_interval()).await?;
    let mut checks = cx.checks();
    let hits = traffic.hits();
    let failed = hits.iter().filter_map(|hit| hit.failure()).map(|failure| &failure.text);
    checks.equal("requests that failed", failed.collect::<Vec<_>>(), Vec::<&String>::new());
    judge(cx, &mut checks, &hits, from)?;
    let used = cx.gateway().health().await?.ok()?.prow_scheduler;
    let real = schedulers(cx).values().any(|address| address.to_string() == used);
    checks.is_true("the scheduler in use is a real one", real, format!("it is {used:?}"));
    checks.finish()
}

/// A scheduler's record.
pub fn at(place: SocketAddrV4) -> ServiceRecord {
    ServiceRecord::new(place.ip().to_string(), place.port())
}

/// Writes a record as a scheduler's and has it taken away when the scenario ends.
pub async fn plant(cx: &Context, record: &ServiceRecord) -> Result<String, StepError> {
    let key = names(cx).service_key(&cx.unique("planted"));
    let (etcd, planted) = (cx.etcd(), key.clone());
    cx.on_cleanup(format!("take the planted record {key} away"), async move {
        etcd.delete(&planted).await?;
        Ok(())
    });
    cx.etcd().put(&key, &json!(record).to_string()).await?;
    Ok(key)
}

/// An address of the machines' network that no machine has.
fn unused_address(cx: &Context) -> Result<Ipv4Addr, StepError> {
    let [a, b, c, _] = cx.topology().one(MachineRole::Client).1.address.octets();
    let taken = |address| cx.topology().machines.values().any(|m| m.address == address);
    (2..=250)
        .rev()
        .map(|last| Ipv4Addr::new(a, b, c, last))
        .find(|address| !taken(*address))
        .ok_or_else(|| StepError::error("every address of the machines' network is taken"))
}

pub async fn forgotten(cx: &mut Context) -> StepResult {
    let Planted(keys) = cx.take::<Planted>()?;
    for key in keys {
        cx.etcd().delete(&key).await?;
    }
    let wanted = schedulers(cx);
    until_named(cx, &wanted).await?;
    until_known(cx, wanted.len()).await
}

/// Shows that the gateway asks DNS anew: it learns of a record that is written
/// now, and forgets it again.
pub async fn until_noticed(cx: &Context) -> StepResult {
    let wanted = schedulers(cx);
    let place = SocketAddrV4::new(cx.topology().one(MachineRole::Client).1.address, CLOSED_PORT);
    let key = plant(cx, &at(place)).await?;
    until_known(cx, wanted.len() + 1).await?;
    cx.etcd().delete(&key).await?;
    until_known(cx, wanted.len()).await?;
    let gateway = cx.gateway();
    cx.wait("requests are served", || async {
        match gateway.nodes().await {
            Ok(answer) => Progress::from(answer.ok().map(drop)),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}
