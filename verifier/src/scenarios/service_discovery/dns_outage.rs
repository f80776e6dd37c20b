//! CoreDNS goes away and comes back.

use std::time::{Duration, Instant};

use persys_contract::{component::DNS, topology::MachineRole};

use super::{
    address_fallback::restart_gateway,
    planted::until_noticed,
    site::{names, schedulers, until_known, until_named},
    traffic::{Traffic, judge},
};
use crate::{
    context::Context,
    evidence::{Progress, StepResult},
    probe::ActiveFault,
};

/// How long a question to a name server that is away may be waited for.
const UNANSWERED: Duration = Duration::from_secs(5);

struct Outage(ActiveFault);

pub async fn requests_go_on(cx: &mut Context) -> StepResult {
    let machine = cx.topology().one(MachineRole::Dns).0.to_owned();
    let traffic = Traffic::start(cx);
    let from = Instant::now();
    let fault = cx.faults(&machine).stop(DNS).await?;
    cx.put(Outage(fault));
    // Long enough for the gateway to have asked in vain, and to have done without an answer.
    let span = cx.timings().discovery_interval() + UNANSWERED + Duration::from_secs(1);
    traffic.until(cx, from, span).await?;
    let (service, dns) = (names(cx).service_name(), cx.dns());
    let mut checks = cx.checks();
    let asked = dns.srv(&service).await;
    checks.is_true(
        "CoreDNS is away",
        asked.as_ref().is_err_and(|error| error.is_unreachable()),
        format!("{asked:?}"),
    );
    let failed = traffic.hits();
    let failed = failed.iter().filter_map(|hit| hit.failure()).map(|failure| &failure.text);
    checks.equal("requests that failed", failed.collect::<Vec<_>>(), Vec::<&String>::new());
    judge(cx, &mut checks, &traffic.hits(), from)?;
    until_known(cx, schedulers(cx).len()).await?;
    checks.finish()
}

/// A gateway that starts anew knows nothing but the address it is configured with.
pub async fn falls_back(cx: &mut Context) -> StepResult {
    cx.get::<Outage>()?;
    restart_gateway(cx).await?;
    let from = Instant::now();
    let traffic = Traffic::start(cx);
    traffic.until(cx, from, Duration::from_secs(1)).await?;
    let asked = cx.dns().srv(&names(cx).service_name()).await;
    let used = cx.gateway().health().await?.ok()?.prow_scheduler;
    let all = schedulers(cx);
    let machine = all.iter().find(|(_, address)| address.to_string() == used);
    let mut checks = cx.checks();
    checks.is_true("CoreDNS is still away", asked.is_err(), format!("{asked:?}"));
    checks.is_true(
        "the address in use is a scheduler's (PROW_SCHEDULER_ADDR)",
        machine.is_some(),
        format!("it is {used:?}, the schedulers are {:?}", all.values()),
    );
    judge(cx, &mut checks, &traffic.hits(), from)?;
    until_known(cx, 1).await?;
    checks.finish()
}

pub async fn back(cx: &mut Context) -> StepResult {
    let Outage(fault) = cx.take::<Outage>()?;
    fault.heal().await?;
    until_named(cx, &schedulers(cx)).await?;
    let (name, dns) = (names(cx).scheduler_name(), cx.dns().over_tcp());
    cx.wait("CoreDNS answers over TCP", || async {
        match dns.a(&name).await {
            Ok(answer) if !answer.is_empty() => Progress::Ready(()),
            Ok(answer) => Progress::not_yet(format!("{answer:?}")),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await?;
    until_noticed(cx).await
}
