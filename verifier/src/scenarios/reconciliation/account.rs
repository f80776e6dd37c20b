//! What the platform tells of one action right after it.

use std::collections::BTreeMap;

use persys_contract::{ReconcileAction, WorkloadMetadata, topology::Feature};

use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::Scrape,
};

const ACTIONS: &str = "persys_reconcile_actions_total";

/// The metadata of a workload, the statistics and the metrics before something
/// was broken.
pub struct Account {
    metadata: WorkloadMetadata,
    actions_taken: Option<u64>,
    metrics: BTreeMap<String, Scrape>,
}

impl Account {
    pub async fn open(cx: &Context, id: &str) -> Result<Self, StepError> {
        let gateway = cx.gateway();
        let metadata = gateway.workload(id).await?.ok()?.metadata.unwrap_or_default();
        let actions_taken = match cx.topology().platform.has(Feature::ReconciliationApi) {
            true => Some(gateway.stats().await?.ok()?.stats.actions_taken),
            false => None,
        };
        Ok(Self { metadata, actions_taken, metrics: cx.metrics().schedulers().await? })
    }

    /// All three must tell of the action soon after it was seen to be done.
    pub async fn tells_of(&self, cx: &Context, id: &str, action: ReconcileAction) -> StepResult {
        self.metadata_tell(cx, id, action).await?;
        self.statistics_tell(cx).await?;
        self.metrics_tell(cx, action).await
    }

    async fn metadata_tell(&self, cx: &Context, id: &str, action: ReconcileAction) -> StepResult {
        let gateway = cx.gateway();
        let what = format!("the metadata of workload {id} tell of {action}");
        let metadata = cx
            .wait(what, || async {
                let answer = match gateway.workload(id).await {
                    Ok(answer) => answer.ok(),
                    Err(error) => return Progress::unanswered(error),
                };
                let metadata = match answer {
                    Ok(workload) => workload.metadata.unwrap_or_default(),
                    Err(error) => return Progress::unanswered(error),
                };
                let is_new = metadata.last_reconciliation != self.metadata.last_reconciliation;
                let told = metadata.last_reconciliation_action.as_deref() == Some(action.as_str());
                if is_new && told {
                    Progress::Ready(metadata)
                } else {
                    Progress::not_yet(format!("{metadata:?}"))
                }
            })
            .await?;
        let mut checks = cx.checks();
        checks.equal("lastReconciliationSuccess", metadata.last_reconciliation_success, Some(true));
        let at = metadata.last_reconciliation.as_deref().and_then(crate::events::parse_timestamp);
        checks.some("lastReconciliation, as a time", at);
        checks.finish()
    }

    async fn statistics_tell(&self, cx: &Context) -> StepResult {
        let Some(before) = self.actions_taken else { return Ok(()) };
        let gateway = cx.gateway();
        cx.wait(format!("actionsTaken has gone beyond {before}"), || async {
            let answer = match gateway.stats().await {
                Ok(answer) => answer.ok(),
                Err(error) => return Progress::unanswered(error),
            };
            match answer {
                Ok(reply) if reply.stats.actions_taken > before => Progress::Ready(()),
                Ok(reply) => Progress::not_yet(format!("{:?}", reply.stats)),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await
    }

    async fn metrics_tell(&self, cx: &Context, action: ReconcileAction) -> StepResult {
        let metrics = cx.metrics();
        let labels = [("action", action.as_str()), ("result", "success")];
        cx.wait(format!("{ACTIONS} has counted {action}"), || async {
            let after = match metrics.schedulers().await {
                Ok(after) => after,
                Err(error) => return Progress::unanswered(error),
            };
            // The leader may have changed since, so all schedulers count.
            let moved: f64 = after
                .iter()
                .map(|(machine, scrape)| match self.metrics.get(machine) {
                    Some(earlier) => scrape.increase_since(earlier, ACTIONS, &labels),
                    None => scrape.value(ACTIONS, &labels).unwrap_or_default(),
                })
                .sum();
            if moved >= 1.0 {
                Progress::Ready(())
            } else {
                Progress::not_yet("no scheduler has counted it")
            }
        })
        .await
    }
}
