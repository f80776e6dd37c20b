//! Schedulers that lead, and those that serve.

use super::Component;
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::ApiProbe,
};

/// Waits until one of `candidates` leads and nobody else does.
pub async fn until_one_leads(cx: &Context, candidates: &[&str]) -> Result<String, StepError> {
    let metrics = cx.metrics();
    cx.wait(format!("exactly one scheduler leads, one of {candidates:?}"), || async {
        match &metrics.leaders().await[..] {
            [only] if candidates.contains(&only.as_str()) => Progress::Ready(only.clone()),
            leaders => Progress::not_yet(format!("these say that they lead: {leaders:?}")),
        }
    })
    .await
}

/// Waits until exactly one scheduler of the topology leads, and not the one that is gone.
pub async fn one_leader(cx: &Context, gone: Option<&str>) -> Result<String, StepError> {
    let probes = cx.probes();
    let all = probes.schedulers().keys().map(String::as_str);
    let candidates: Vec<&str> = all.filter(|machine| gone != Some(machine)).collect();
    until_one_leads(cx, &candidates).await
}

/// Waits until whoever was away, or has only just started, serves.
pub async fn until_serves(cx: &Context, who: &Component, api: &ApiProbe) -> StepResult {
    cx.wait(format!("{who} serves"), || async {
        match api.nodes().await {
            Ok(answer) => Progress::from(answer.ok().map(drop)),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}
