//! Scenario `authentication` (strategy §2): who is let in by certificate, by
//! signature and by token, and that everybody else is refused for the right reason.

mod hmac;
mod mutual_tls;
mod secrets;

use crate::plan::{Scenario, Step};

/// Turns a function with arguments behind the context into a step's.
macro_rules! with {
    ($function:ident, $($argument:expr),+) => {{
        async fn with_arguments(cx: &mut $crate::engine::Context) -> $crate::engine::StepResult {
            $function(cx, $($argument),+).await
        }
        $crate::step!(with_arguments)
    }};
}
use with;

const STEPS: [Step; mutual_tls::STEPS.len() + hmac::STEPS.len() + secrets::STEPS.len()] =
    joined(&[&mutual_tls::STEPS, &hmac::STEPS, &secrets::STEPS]);

/// The parts' tables one behind the other.
const fn joined<const N: usize>(parts: &[&[Step]]) -> [Step; N] {
    let mut steps = [mutual_tls::STEPS[0]; N];
    let (mut part, mut next) = (0, 0);
    while part < parts.len() {
        let mut i = 0;
        while i < parts[part].len() {
            steps[next] = parts[part][i];
            (i, next) = (i + 1, next + 1);
        }
        part += 1;
    }
    assert!(next == N, "the parts have another number of steps");
    steps
}

pub const SCENARIO: Scenario = Scenario {
    id: "authentication",
    title: "Authentication",
    objective: "mutual TLS, signed requests and OAuth let in whom they should; everybody else is refused with the exact reason, in the log and in the metrics, and nothing is executed",
    source: "strategy §2",
    labels: &[],
    requires: &[],
    steps: &STEPS,
};
