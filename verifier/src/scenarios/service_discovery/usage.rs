//! The gateway uses what DNS names.

use super::site::{schedulers, several_schedulers, until_known, until_one_leads, until_serving};
use crate::{context::Context, evidence::StepResult};

pub async fn gateway_uses_discovered(cx: &mut Context) -> StepResult {
    let wanted = schedulers(cx);
    until_known(cx, wanted.len()).await?;
    let named: Vec<String> = cx.dns().schedulers().await?.iter().map(ToString::to_string).collect();
    let health = cx.gateway().health().await?.ok()?;
    let mut checks = cx.checks();
    checks.equal("status by GET /health", health.status.as_str(), "ok");
    checks.is_true(
        "the scheduler in use is one that DNS names",
        named.contains(&health.prow_scheduler),
        format!("it is {:?}, DNS names {named:?}", health.prow_scheduler),
    );
    let answer = cx.gateway().nodes().await?;
    checks.is_true(
        "a request gets to a scheduler",
        answer.exchange.is_success(),
        answer.exchange.to_string(),
    );
    checks.finish()
}

pub async fn every_scheduler_serves(cx: &mut Context) -> StepResult {
    let all = several_schedulers(cx)?;
    let machines: Vec<_> = all.keys().map(String::as_str).collect();
    until_serving(cx, &machines).await?;
    let mut checks = cx.checks();
    for machine in machines {
        let answer = cx.scheduler(machine).nodes().await?;
        checks.is_true(
            &format!("{machine} asked directly"),
            answer.exchange.is_success(),
            answer.exchange.to_string(),
        );
    }
    checks.finish()
}

pub async fn one_leads(cx: &mut Context) -> StepResult {
    let all = schedulers(cx);
    let machines: Vec<_> = all.keys().map(String::as_str).collect();
    let leader = until_one_leads(cx, &machines).await?;
    let mut checks = cx.checks();
    for machine in machines {
        let told = cx.scheduler(machine).cluster_metrics().await?.ok()?.schedulers;
        let of = format!("by {machine}");
        checks.equal(&format!("schedulers {of}"), told.len(), all.len());
        let leaders: Vec<_> = told.iter().filter(|s| s.leader).map(|s| &s.address).collect();
        checks.equal(&format!("leaders {of}"), leaders, vec![&all[&leader].to_string()]);
    }
    checks.finish()
}
