//! A step: one testcase of the report.

use futures::future::BoxFuture;

use super::{Budget, Requirement};
use crate::engine::{Context, StepResult};

pub type StepFuture<'a> = BoxFuture<'a, StepResult>;
pub type StepFn = for<'a> fn(&'a mut Context) -> StepFuture<'a>;

#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Stable and unique within the scenario, `[a-z0-9-]+`.
    pub id: &'static str,
    /// The objective, as a sentence that is true when the step passes.
    pub title: &'static str,
    /// Where it is asked for, such as `strategy §1 step 1`.
    pub source: &'static str,
    /// `smoke` puts the step into the smoke profile; `full` keeps it out of
    /// there although its scenario is in it.
    pub labels: &'static [&'static str],
    /// Steps of the same scenario, earlier in it, that must have passed.
    pub needs: &'static [&'static str],
    pub requires: &'static [Requirement],
    pub budget: Budget,
    /// Made with [`step!`](crate::step).
    pub run: StepFn,
}

/// Turns an `async fn(&mut Context) -> StepResult` into a [`StepFn`].
#[macro_export]
macro_rules! step {
    ($function:path) => {{
        fn run(cx: &mut $crate::engine::Context) -> $crate::plan::StepFuture<'_> {
            ::std::boxed::Box::pin($function(cx))
        }
        run
    }};
}
