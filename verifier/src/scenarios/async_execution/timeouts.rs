//! No request ran into a timeout.

use std::collections::BTreeMap;

use persys_contract::{ErrorCode, component, topology::MachineRole};

use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::Scrape,
};

const METRIC: &str = "persys_http_requests_total";
const TIMED_OUT: [&str; 2] = ["408", "504"];

/// How things stood when the scenario began.
pub struct Before {
    gateway: Scrape,
    schedulers: BTreeMap<String, Scrape>,
    log: u64,
}

impl Before {
    pub async fn take(cx: &Context) -> Result<Self, StepError> {
        let machine = cx.topology().one(MachineRole::Gateway).0;
        Ok(Self {
            gateway: cx.metrics().gateway().await?,
            schedulers: cx.metrics().schedulers().await?,
            log: cx.faults(machine).log_end(component::GATEWAY).await?,
        })
    }
}

pub async fn none(cx: &mut Context) -> StepResult {
    let before = cx.take::<Before>()?;
    let mut checks = cx.checks();
    let gateway = cx.metrics().gateway().await?;
    let asked = gateway.increase_since(&before.gateway, METRIC, &[]);
    checks.is_true("the gateway was asked", asked > 0.0, format!("{METRIC} rose by {asked}"));
    for status in TIMED_OUT {
        let labels = [("status", status)];
        let times = gateway.increase_since(&before.gateway, METRIC, &labels);
        checks.equal(&format!("answers {status} of the gateway"), times, 0.0);
        for (machine, now) in cx.metrics().schedulers().await? {
            let times = now.increase_since(&before.schedulers[&machine], METRIC, &labels);
            checks.equal(&format!("answers {status} of the scheduler on {machine}"), times, 0.0);
        }
    }
    let machine = cx.topology().one(MachineRole::Gateway).0;
    let log = cx.faults(machine).logs_since(component::GATEWAY, before.log).await?;
    let code = ErrorCode::SchedulerTimeout.as_str();
    let told = log.lines().filter(|line| line.contains(code)).count();
    checks.equal(&format!("lines of the gateway's log with {code}"), told, 0);
    checks.finish()
}
