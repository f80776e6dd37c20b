//! A stretch of time that the platform itself measures out.

use persys_contract::topology::Feature;

use crate::engine::{Context, Progress, StepError};

/// Waits until the reconciler has passed over all workloads twice. Passes are
/// counted by `lastReconciliation`; a platform that does not tell is given two
/// reconcile intervals.
pub async fn two_reconcile_passes(cx: &Context) -> Result<(), StepError> {
    if !cx.topology().platform.has(Feature::ReconciliationApi) {
        let until = tokio::time::Instant::now() + 2 * cx.timings().reconcile_interval();
        return cx
            .wait("two reconcile intervals are over", || async {
                if tokio::time::Instant::now() >= until {
                    Progress::Ready(())
                } else {
                    Progress::not_yet("the platform does not tell when it reconciles")
                }
            })
            .await;
    }
    let gateway = cx.gateway();
    let mut seen: Vec<String> = Vec::new();
    // The first pass seen may have begun before this was called.
    let wanted = 3;
    loop {
        let last = seen.last().cloned();
        let what = format!("the reconciler has made pass {} of {wanted}", seen.len() + 1);
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
        if seen.len() > wanted {
            return Ok(());
        }
    }
}
