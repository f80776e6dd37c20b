//! The platform's own account of its repairs.

use std::{collections::BTreeMap, time::Instant};

use persys_contract::{ReconciliationStats, topology::Feature};
use time::OffsetDateTime;

use super::victim::victim_id;
use crate::{
    context::Context,
    events::parse_timestamp,
    evidence::{Progress, StepError, StepResult},
    probe::Scrape,
    scenarios::support::Told,
};

/// How often in a row the platform is asked for its last pass.
const ASKED: u32 = 10;

/// What the account was before the first repair, and how many there were since.
pub struct Before {
    stats: Option<ReconciliationStats>,
    metrics: BTreeMap<String, Scrape>,
    pub repairs: u64,
}

impl Before {
    pub async fn take(cx: &Context) -> Result<Self, StepError> {
        let stats = if cx.topology().platform.has(Feature::ReconciliationApi) {
            Some(cx.gateway().stats().await?.ok()?.stats)
        } else {
            None
        };
        Ok(Self { stats, metrics: cx.metrics().schedulers().await?, repairs: 0 })
    }
}

pub async fn updated(cx: &mut Context) -> StepResult {
    let before = cx.take::<Before>()?;
    let earlier = before.stats.unwrap_or_default();
    let wanted = earlier.actions_taken + before.repairs;
    let gateway = cx.gateway();
    let stats = cx
        .wait(format!("actionsTaken has reached {wanted}"), || async {
            let stats = match gateway.stats().await {
                Ok(answer) => match answer.ok() {
                    Ok(reply) => reply.stats,
                    Err(error) => return Progress::unanswered(error),
                },
                Err(error) => return Progress::unanswered(error),
            };
            if stats.actions_taken >= wanted {
                Progress::Ready(stats)
            } else {
                Progress::not_yet(format!("{stats:?}"))
            }
        })
        .await?;
    let mut checks = cx.checks();
    checks.is_true(
        "lastReconciliation has moved",
        ended(&stats) > ended(&earlier),
        format!("{:?}, before {:?}", stats.last_reconciliation, earlier.last_reconciliation),
    );
    checks.is_true(
        "totalWorkloads counts the workload",
        stats.total_workloads >= 1,
        format!("{stats:?}"),
    );

    let workload = gateway.workload(&victim_id(cx)?).await?.ok()?;
    if let Some(metadata) = checks.some("metadata of the workload", workload.metadata) {
        let action = metadata.last_reconciliation_action.as_deref();
        checks.equal("lastReconciliationAction", action, Some("recreate"));
        checks.equal("lastReconciliationSuccess", metadata.last_reconciliation_success, Some(true));
        let at = metadata.last_reconciliation.as_deref().and_then(parse_timestamp);
        checks.some("lastReconciliation of the workload, as a time", at);
    }

    // The leader may have changed since, so all schedulers count.
    let after = cx.metrics().schedulers().await?;
    let metric = "persys_reconcile_actions_total";
    for (action, least) in [("restart", 2.0), ("recreate", 1.0)] {
        let labels = [("action", action), ("result", "success")];
        let moved: f64 = after
            .iter()
            .map(|(machine, scrape)| match before.metrics.get(machine) {
                Some(earlier) => scrape.increase_since(earlier, metric, &labels),
                None => scrape.value(metric, &labels).unwrap_or_default(),
            })
            .sum();
        checks.is_true(
            &format!("{metric}{{action=\"{action}\",result=\"success\"}}"),
            moved >= least,
            format!("went up by {moved}, expected at least {least}"),
        );
    }
    checks.finish()?;
    passes_and_not_questions(cx).await
}

/// When the last pass ended, if a time is told.
fn ended(stats: &ReconciliationStats) -> Option<OffsetDateTime> {
    stats.last_reconciliation.as_deref().and_then(parse_timestamp)
}

/// `lastReconciliation` tells of passes, and there are far fewer of them than questions.
async fn passes_and_not_questions(cx: &Context) -> StepResult {
    let gateway = cx.gateway();
    let begun = Instant::now();
    let mut told = Told::default();
    for _ in 0..ASKED {
        let stats = gateway.stats().await?.ok()?.stats;
        match told.then(stats.last_reconciliation.as_deref()) {
            Progress::Ready(more) => told = more,
            Progress::NotYet(_) => {}
            Progress::Fatal(error) => return Err(error),
        }
    }
    let took = begun.elapsed();
    let mut checks = cx.checks();
    checks.is_true(
        "not every answer names another pass than the one before it",
        told.passes < ASKED || took >= cx.timings().reconcile_interval() * (ASKED - 1),
        format!("{ASKED} answers within {took:.1?} name {} passes", told.passes),
    );
    checks.is_true("a pass is named", told.passes > 0, "none of the answers names one");
    checks.finish()
}
