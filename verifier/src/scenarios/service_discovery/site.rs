//! The schedulers of the topology, and what is asked of them again and again.

use std::{collections::BTreeMap, net::SocketAddrV4};

use persys_contract::{Discovery, topology::MachineRole};

use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::Scrape,
};

pub use crate::scenarios::support::until_one_leads;
pub use persys_contract::component::SCHEDULER;

/// Names and keys of the topology's domain.
pub fn names(cx: &Context) -> Discovery {
    Discovery::new(&cx.topology().domain)
}

/// Where each scheduler serves, by machine.
pub fn schedulers(cx: &Context) -> BTreeMap<String, SocketAddrV4> {
    let port = cx.topology().ports.scheduler;
    cx.topology()
        .with_role(MachineRole::Scheduler)
        .map(|(name, machine)| (name.to_owned(), SocketAddrV4::new(machine.address, port)))
        .collect()
}

/// The same, where at least two are needed to show anything.
pub fn several_schedulers(cx: &Context) -> Result<BTreeMap<String, SocketAddrV4>, StepError> {
    let all = schedulers(cx);
    if all.len() < 2 {
        return Err(StepError::skipped("needs two schedulers, and the topology has one"));
    }
    Ok(all)
}

/// Waits until DNS names exactly these.
pub async fn until_named(cx: &Context, wanted: &BTreeMap<String, SocketAddrV4>) -> StepResult {
    let dns = cx.dns();
    let mut sorted: Vec<_> = wanted.values().copied().collect();
    sorted.sort_unstable();
    cx.wait(format!("DNS names the schedulers {sorted:?}"), || async {
        match dns.schedulers().await {
            Ok(found) if found == sorted => Progress::Ready(()),
            Ok(found) => Progress::not_yet(format!("it names {found:?}")),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

/// Waits until the gateway says that it knows so many schedulers.
pub async fn until_known(cx: &Context, count: usize) -> StepResult {
    let metrics = cx.metrics();
    cx.wait(format!("the gateway knows {count} schedulers"), || async {
        match metrics.gateway().await {
            Ok(scrape) => match scrape.value("persys_schedulers_discovered", &[]) {
                Some(known) if known == count as f64 => Progress::Ready(()),
                known => Progress::not_yet(format!("persys_schedulers_discovered is {known:?}")),
            },
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

/// Waits until each of these schedulers has served a request that went to the gateway.
pub async fn until_serving(cx: &Context, machines: &[&str]) -> StepResult {
    let (gateway, metrics) = (cx.gateway(), cx.metrics());
    for machine in machines {
        let before = served(&metrics.scheduler(machine).await?);
        cx.wait(format!("the gateway's requests get to {machine}"), || async {
            match gateway.nodes().await {
                Ok(answer) => {
                    if let Err(error) = answer.ok() {
                        return Progress::unanswered(error);
                    }
                }
                Err(error) => return Progress::unanswered(error),
            }
            match metrics.scheduler(machine).await {
                Ok(scrape) if served(&scrape) > before => Progress::Ready(()),
                Ok(_) => Progress::not_yet("it has not served GET /nodes yet"),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    }
    Ok(())
}

fn served(scrape: &Scrape) -> f64 {
    let labels = [("method", "GET"), ("route", "/nodes"), ("status", "200")];
    scrape.value("persys_http_requests_total", &labels).unwrap_or_default()
}
