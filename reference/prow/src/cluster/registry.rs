//! This scheduler's records in discovery (contract §5).

use persys_reference_base::defect;
use std::time::Duration;

use persys_contract::{AddressRecord, Discovery, ServiceRecord};
use persys_reference_base::service::Lifecycle;

use super::LeaseWatch;
use crate::store::Store;

/// How often the records are looked after, should somebody have taken them away.
const CHECK: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_millis(500);

/// Keeps the records there under the lease until the service stops. Once they
/// are, the service is ready: its listeners accept and the store has answered.
pub async fn register(
    store: Store,
    names: Discovery,
    instance: String,
    host: String,
    port: u16,
    lease: LeaseWatch,
    lifecycle: Lifecycle,
) -> anyhow::Result<()> {
    let service =
        (names.service_key(&instance), serde_json::to_vec(&ServiceRecord::new(&host, port))?);
    let address = (names.scheduler_key(&instance), serde_json::to_vec(&AddressRecord::new(&host))?);
    let records = vec![service, address];
    defect!("no-service-record" => return keep(store, records[1..].to_vec(), lease, lifecycle).await);
    defect!("no-address-record" => return keep(store, records[..1].to_vec(), lease, lifecycle).await);
    keep(store, records, lease, lifecycle).await
}

async fn keep(
    store: Store,
    records: Vec<(String, Vec<u8>)>,
    mut lease: LeaseWatch,
    lifecycle: Lifecycle,
) -> anyhow::Result<()> {
    loop {
        let hold = *lease.borrow_and_update();
        let pause = match hold.filter(|hold| hold.is_valid()) {
            None => CHECK,
            Some(hold) => match store.hold_keys(hold.id, &records).await {
                Ok(()) => {
                    lifecycle.announce_ready();
                    CHECK
                }
                Err(error) => {
                    tracing::warn!("failed to register in discovery: {error}");
                    RETRY
                }
            },
        };
        tokio::select! {
            () = lifecycle.stopping() => return Ok(()),
            // A renewal is no news, a new lease is.
            _ = lease.wait_for(|now| now.map(|new| new.id) != hold.map(|old| old.id)) => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}
