//! Schedulers that lead, and those that serve.

use crate::engine::{Context, Progress, StepError};

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

/// Waits until the scheduler on a machine that was away answers again.
pub async fn until_serves(cx: &Context, machine: &str) -> Result<(), StepError> {
    let scheduler = cx.scheduler(machine);
    cx.wait(format!("the scheduler on {machine} serves again"), || async {
        match scheduler.nodes().await {
            Ok(answer) => Progress::from(answer.ok().map(drop)),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}
