//! What is well stays so: nothing is mended that is whole.

use std::collections::BTreeSet;

use super::{final_look, stage::Stage};
use crate::{
    chaos::{judge_presence, judge_runs, judge_statuses},
    engine::{Context, StepError, StepResult},
    scenarios::support::two_unasked_passes,
};

pub async fn stays_so(cx: &mut Context) -> StepResult {
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
    let mut checks = cx.checks();
    for violation in &violations {
        checks.violated("what held before", violation.to_string());
    }
    checks.equal("containers, two reconcile passes later", after, before);
    checks.finish()
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
