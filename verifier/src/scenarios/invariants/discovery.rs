//! DNS names nobody who is not there.

use persys_contract::topology::{Feature, MachineRole};

use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
};

pub async fn answers(cx: &mut Context) -> StepResult {
    // The public builds register one fixed key and never take it away, contract §9.
    if !cx.topology().platform.has(Feature::LeasedDiscovery) {
        return Err(StepError::skipped("platform.features lacks leased-discovery"));
    }
    let (dns, probes) = (cx.dns(), cx.probes());
    let names: std::collections::BTreeMap<_, _> = cx
        .topology()
        .with_role(MachineRole::Scheduler)
        .map(|(name, machine)| (machine.address, name.to_owned()))
        .collect();
    cx.wait("every scheduler that DNS names answers", || async {
        let found = match dns.schedulers().await {
            Ok(found) => found,
            Err(error) => return Progress::unanswered(error),
        };
        if found.is_empty() {
            return Progress::not_yet("DNS names none");
        }
        for address in found {
            let Some(name) = names.get(address.ip()) else {
                return Progress::not_yet(format!("DNS names {address}, which is no scheduler"));
            };
            match probes.scheduler(name).plain().health().await {
                Ok(exchange) if exchange.status == 200 => {}
                Ok(exchange) => return Progress::not_yet(exchange.to_string()),
                Err(error) => return Progress::unanswered(error),
            }
        }
        Progress::Ready(())
    })
    .await
}
