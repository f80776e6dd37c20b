//! Scenario `authentication` (strategy §2): who is let in by certificate, by
//! signature and by token, and that everybody else is refused for the right reason.

mod bystander;
mod hmac;
mod mutual_tls;
mod oauth;
mod secrets;

use crate::plan::{Scenario, Step};

/// Turns a function with arguments behind the context into a step's.
macro_rules! with {
    ($function:ident, $($argument:expr),+) => {{
        async fn with_arguments(cx: &mut $crate::context::Context) -> $crate::evidence::StepResult {
            $function(cx, $($argument),+).await
        }
        $crate::step!(with_arguments)
    }};
}
use with;

const PARTS: [&[Step]; 5] =
    [&mutual_tls::STEPS, &hmac::STEPS, &oauth::STEPS, &secrets::STEPS, &hmac::LAST];

const COUNT: usize = mutual_tls::STEPS.len()
    + hmac::STEPS.len()
    + oauth::STEPS.len()
    + secrets::STEPS.len()
    + hmac::LAST.len();

pub const SCENARIO: Scenario = Scenario {
    id: "authentication",
    title: "Authentication",
    objective: "mutual TLS, signed requests and OAuth let in whom they should; everybody else is refused with the exact reason, in the log and in the metrics, and nothing is executed",
    source: "strategy §2",
    labels: &[],
    requires: &[],
    steps: &Step::join::<COUNT>(&PARTS),
};
