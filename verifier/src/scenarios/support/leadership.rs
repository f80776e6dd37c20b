//! Schedulers that lead, and those that serve.

use super::Component;
use crate::{
    engine::{Context, Progress, StepError, StepResult},
    probe::ApiProbe,
};

/// Waits until exactly one scheduler says that it leads, and not the one that is gone.
pub async fn one_leader(cx: &Context, gone: Option<&str>) -> Result<String, StepError> {
    let metrics = cx.metrics();
    cx.wait("exactly one scheduler leads", || async {
        match &metrics.leaders().await[..] {
            [leader] if gone != Some(leader.as_str()) => Progress::Ready(leader.clone()),
            leaders => Progress::not_yet(format!("leaders: {leaders:?}")),
        }
    })
    .await
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
