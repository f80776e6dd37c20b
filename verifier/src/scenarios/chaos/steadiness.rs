//! What is well stays so: nothing is mended that is whole.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::time::Instant;

use super::{
    final_look,
    stage::{Stage, aftermath},
};
use crate::{
    chaos::{judge_presence, judge_runs, judge_statuses},
    context::Context,
    evidence::{StepError, StepResult},
    scenarios::support::two_unasked_passes,
};

/// Work that was accepted is done in the background, and may be done late: a project that is still
/// being fetched comes up once more although it is to be stopped by now, and is then stopped
/// (contract §6: Stopped, Running: stop). So it is looked at again while the platform has its time.
pub async fn stays_so(cx: &mut Context) -> StepResult {
    let settled_by = aftermath(cx)?.settled_by;
    loop {
        let before = containers(cx).await?;
        two_unasked_passes(cx).await?;
        let state = final_look::state(cx).await?;
        let stage = cx.get::<Stage>()?;
        let (fates, stories) = (stage.fates(), final_look::stories(stage));
        let violations = [
            judge_presence(&fates, &state),
            judge_runs(&fates, &state, &stories),
            judge_statuses(&fates, &state),
        ]
        .concat();
        let after = containers(cx).await?;
        if (after != before || !violations.is_empty()) && Instant::now() < settled_by {
            let changed: Vec<_> = after.symmetric_difference(&before).collect();
            cx.record("chaos", "something still changes", json!({ "changed": changed }));
            continue;
        }
        let mut checks = cx.checks();
        for violation in &violations {
            checks.violated("what held before", violation.to_string());
        }
        checks.equal("containers, two reconcile passes later", after, before);
        return checks.finish();
    }
}

/// Every container of a workload with its state: what is made or started anew is another.
async fn containers(cx: &Context) -> Result<BTreeSet<String>, StepError> {
    let mut found = BTreeSet::new();
    for (node, docker) in cx.probes().dockers() {
        for listed in docker.workloads().await? {
            let started = match docker.inspect(&listed.id).await? {
                Some(container) => format!("{:?}", container.started_at()),
                None => "gone".to_owned(),
            };
            found.insert(format!("{node} {} {} since {started}", listed.name, listed.state));
        }
    }
    Ok(found)
}
