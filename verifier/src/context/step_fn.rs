//! A step's function.

use futures::future::BoxFuture;

use super::Context;
use crate::evidence::StepResult;

pub type StepFuture<'a> = BoxFuture<'a, StepResult>;
pub type StepFn = for<'a> fn(&'a mut Context) -> StepFuture<'a>;

/// Turns an `async fn(&mut Context) -> StepResult` into a [`StepFn`].
#[macro_export]
macro_rules! step {
    ($function:path) => {{
        fn run(cx: &mut $crate::context::Context) -> $crate::context::StepFuture<'_> {
            ::std::boxed::Box::pin($function(cx))
        }
        run
    }};
}
