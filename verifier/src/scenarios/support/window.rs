//! A stretch of time that the platform itself measures out.

use persys_contract::topology::Feature;

use crate::engine::{Context, Progress, StepError};

/// Waits until the reconciler has passed over all workloads twice from its first to its
/// last: once because it is asked to, and once by itself. A platform that does not tell of
/// its passes is given two reconcile intervals.
pub async fn two_reconcile_passes(cx: &Context) -> Result<(), StepError> {
    if !cx.topology().platform.has(Feature::ReconciliationApi) {
        return two_intervals(cx).await;
    }
    cx.gateway().trigger().await?.ok()?;
    passes_of_its_own(cx, 1).await
}

/// The same where nobody may ask: what was given up is tried again when it is asked for.
pub async fn two_unasked_passes(cx: &Context) -> Result<(), StepError> {
    if !cx.topology().platform.has(Feature::ReconciliationApi) {
        return two_intervals(cx).await;
    }
    passes_of_its_own(cx, 2).await
}

/// Passes are told apart by `lastReconciliation`, which is written at the end of each.
async fn passes_of_its_own(cx: &Context, wanted: usize) -> Result<(), StepError> {
    let gateway = cx.gateway();
    let mut seen: Vec<String> = Vec::new();
    // The first is the one that was last before this. The next may have begun before.
    let wanted = wanted + 2;
    while seen.len() < wanted {
        let last = seen.last().cloned();
        let what = format!("the end of pass {} of {wanted} is told", seen.len() + 1);
        let next = cx
            .wait(what, || async {
                let answer = match gateway.stats().await {
                    Ok(answer) => answer.ok(),
                    Err(error) => return Progress::unanswered(error),
                };
                match answer {
                    Ok(reply) if reply.stats.last_reconciliation == last => {
                        Progress::not_yet(format!("lastReconciliation is still {last:?}"))
                    }
                    Ok(reply) => match reply.stats.last_reconciliation {
                        Some(pass) => Progress::Ready(pass),
                        None => Progress::not_yet("lastReconciliation is absent"),
                    },
                    Err(error) => Progress::unanswered(error),
                }
            })
            .await?;
        seen.push(next);
    }
    Ok(())
}

async fn two_intervals(cx: &Context) -> Result<(), StepError> {
    let until = tokio::time::Instant::now() + 2 * cx.timings().reconcile_interval();
    cx.wait("two reconcile intervals are over", || async {
        if tokio::time::Instant::now() >= until {
            Progress::Ready(())
        } else {
            Progress::not_yet("the platform does not tell when it reconciles")
        }
    })
    .await
}
