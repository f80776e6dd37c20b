//! The schedulers' records in etcd, and the lease that they live by.

use std::{collections::BTreeMap, time::Instant};

use persys_contract::{AddressRecord, Discovery, ServiceRecord};
use serde_json::{Value, json};

use super::site::{names, schedulers};
use crate::{
    context::{Checks, Context},
    evidence::{StepError, StepResult},
    probe::{EtcdEntry, Recording},
};

/// Everything below this is what CoreDNS reads.
pub const PREFIX: &str = "/skydns/";

/// How the registrations were when the scenario began.
pub struct Registrations {
    pub since: Instant,
    /// By machine.
    pub leases: BTreeMap<String, i64>,
    pub history: Recording,
}

pub async fn under_lease(cx: &mut Context) -> StepResult {
    let history = cx.etcd().record(PREFIX).await?;
    let (since, mut leases) = (Instant::now(), BTreeMap::new());
    let mut checks = cx.checks();
    for (machine, address) in schedulers(cx) {
        let host = address.ip().to_string();
        let service = json!(ServiceRecord::new(&host, address.port()));
        let scheduler = json!(AddressRecord::new(&host));
        let wanted =
            [(names(cx).service_prefix(), service), (names(cx).scheduler_prefix(), scheduler)];
        let mut lease = None;
        for (prefix, value) in wanted {
            let entries = cx.etcd().list(&prefix).await?;
            let found = entries.iter().find(|entry| entry.json()["host"] == host.as_str());
            let Some(entry) = checks.some(&format!("{machine}'s record below {prefix}"), found)
            else {
                continue;
            };
            value_of(&mut checks, entry, &value);
            let one = *lease.get_or_insert(entry.lease);
            checks.equal(&format!("lease of {}", entry.key), entry.lease, one);
        }
        if let Some(id) = lease {
            lives(cx, &mut checks, &machine, id).await?;
            leases.insert(machine, id);
        }
    }
    checks.finish()?;
    cx.put(Registrations { since, leases, history });
    Ok(())
}

/// More fields than the contract's do no harm.
fn value_of(checks: &mut Checks, entry: &EtcdEntry, wanted: &Value) {
    let value = entry.json();
    for (field, wanted) in wanted.as_object().into_iter().flatten() {
        checks.equal(&format!("{field} in {}", entry.key), &value[field], wanted);
    }
}

async fn lives(cx: &Context, checks: &mut Checks, machine: &str, id: i64) -> StepResult {
    if !checks.differs(&format!("lease of {machine}"), id, 0) {
        return Ok(());
    }
    let lease = cx.etcd().lease(id).await?;
    if let Some(lease) = checks.some(&format!("{machine}'s lease"), lease) {
        let name = format!("seconds of {machine}'s lease");
        checks.equal(&name, lease.granted, Discovery::LEASE_SECONDS);
        checks.between(&format!("{name} that are left"), lease.remaining, 1, lease.granted);
    }
    Ok(())
}

/// The keys of a scheduler's two records, whatever it calls itself.
pub fn keys_of(cx: &Context, machine: &str) -> Result<Vec<String>, StepError> {
    let host = schedulers(cx)[machine].ip().to_string();
    let (service, scheduler) = (names(cx).service_prefix(), names(cx).scheduler_prefix());
    let changes = cx.get::<Registrations>()?.history.changes();
    let mut keys: Vec<_> = changes
        .iter()
        .filter(|change| change.entry.json()["host"] == host.as_str())
        .map(|change| change.key().to_owned())
        .filter(|key| key.starts_with(&service) || key.starts_with(&scheduler))
        .collect();
    keys.sort();
    keys.dedup();
    Ok(keys)
}
