//! What shows only some time after the last word of it.

use time::{Duration, OffsetDateTime};

use crate::{
    context::Context,
    evidence::{Progress, StepResult},
};

/// Where a step is run without the others between, the least time that says anything.
pub const LEAST: Duration = Duration::seconds(3);

/// Waits until something that is over is old enough to tell something.
pub async fn until_old(cx: &Context, what: &str, since: OffsetDateTime) -> StepResult {
    cx.wait(format!("{what} is {LEAST} old"), || async {
        let age = OffsetDateTime::now_utc() - since;
        match age < LEAST {
            true => Progress::not_yet(format!("it is {age:.1} old")),
            false => Progress::Ready(()),
        }
    })
    .await
}
