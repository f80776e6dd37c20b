//! A stretch of time that the platform itself measures out, and that is as long as the
//! contract has it by the verifier's clock.

use std::time::Duration;

use persys_contract::topology::Feature;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::CLOCKS;
use crate::{
    context::Context,
    events::parse_timestamp,
    evidence::{Progress, StepError},
};

/// Waits until the reconciler has passed over all workloads twice from its first to its
/// last: once because it is asked to, and once by itself. A platform that does not tell of
/// its passes is given two reconcile intervals.
pub async fn two_reconcile_passes(cx: &Context) -> Result<(), StepError> {
    if !cx.topology().platform.has(Feature::ReconciliationApi) {
        return intervals(cx, 2).await;
    }
    cx.gateway().trigger().await?.ok()?;
    // That one was whole, so that the next begins within an interval.
    passes_of_its_own(cx, 1).await
}

/// The same where nobody may ask: what was given up is tried again when it is asked for.
pub async fn two_unasked_passes(cx: &Context) -> Result<(), StepError> {
    if !cx.topology().platform.has(Feature::ReconciliationApi) {
        return intervals(cx, 2).await;
    }
    passes_of_its_own(cx, 2).await
}

/// Passes are told apart by `lastReconciliation`, which is written at the end of each. That
/// it moves is the platform's word alone: so many intervals are over as well.
async fn passes_of_its_own(cx: &Context, wanted: u32) -> Result<(), StepError> {
    let gateway = cx.gateway();
    let until = Instant::now() + wanted * cx.timings().reconcile_interval();
    let mut told = Told::default();
    // The first is the one that was last before this. The next may have begun before.
    let all = wanted + 2;
    while told.passes < all {
        let what = format!("the end of pass {} of {all} is told", told.passes + 1);
        let before = told.clone();
        told = cx
            .wait(what, || async {
                match gateway.stats().await.map(|answer| answer.ok()) {
                    Ok(Ok(reply)) => before.then(reply.stats.last_reconciliation.as_deref()),
                    Ok(Err(error)) => Progress::unanswered(error),
                    Err(error) => Progress::unanswered(error),
                }
            })
            .await?;
    }
    until_over(cx, until).await
}

/// The passes that the platform has told of so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub passes: u32,
    /// The end of the last.
    last: Option<OffsetDateTime>,
}

impl Told {
    /// What is known after one more answer. Whichever scheduler gives it, the end of the last
    /// pass lies no earlier than what was told before, but for what their clocks differ.
    pub fn then(&self, answer: Option<&str>) -> Progress<Self> {
        let Some(text) = answer else {
            return match self.last {
                None => Progress::not_yet("lastReconciliation is absent"),
                Some(last) => Progress::failed(format!(
                    "lastReconciliation is absent, and was told as {last} before"
                )),
            };
        };
        let Some(at) = parse_timestamp(text) else {
            return Progress::failed(format!("lastReconciliation is {text:?}, which is no time"));
        };
        match self.last {
            Some(last) if at + CLOCKS < last => Progress::failed(format!(
                "lastReconciliation has gone back: it is {at}, and was told as {last} before"
            )),
            Some(last) if at <= last => {
                Progress::not_yet(format!("lastReconciliation is still {last}"))
            }
            _ => Progress::Ready(Self { passes: self.passes + 1, last: Some(at) }),
        }
    }
}

async fn intervals(cx: &Context, count: u32) -> Result<(), StepError> {
    until_over(cx, Instant::now() + count * cx.timings().reconcile_interval()).await
}

async fn until_over(cx: &Context, end: Instant) -> Result<(), StepError> {
    cx.wait("the reconcile intervals are over", || async {
        match end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Progress::Ready(()),
            left => Progress::not_yet(format!("{left:.1?} are left")),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "2026-01-02T03:04:05Z";

    fn told(answers: &[&str]) -> Told {
        answers.iter().fold(Told::default(), |told, answer| match told.then(Some(answer)) {
            Progress::Ready(more) => more,
            other => panic!("{other:?} after {told:?}"),
        })
    }

    #[test]
    fn a_pass_ends_later_than_the_one_before() {
        let known = told(&[FIRST, "2026-01-02T03:04:07Z"]);
        assert_eq!(known.passes, 2);
        assert!(matches!(known.then(Some("2026-01-02T03:04:07Z")), Progress::NotYet(_)));
        // By the clock of another machine.
        assert!(matches!(known.then(Some("2026-01-02T03:04:06.95Z")), Progress::NotYet(_)));
        assert!(matches!(Told::default().then(None), Progress::NotYet(_)));
    }

    #[test]
    fn what_goes_back_or_is_no_time_tells_of_no_pass() {
        let known = told(&[FIRST, "2026-01-02T03:04:07Z"]);
        for (answer, wanted) in [
            (Some(FIRST), "gone back"),
            (Some("yesterday"), "no time"),
            (None, "absent, and was told"),
        ] {
            match known.then(answer) {
                Progress::Fatal(error) => assert!(error.message.contains(wanted), "{error:?}"),
                other => panic!("{other:?} for {answer:?}"),
            }
        }
    }
}
