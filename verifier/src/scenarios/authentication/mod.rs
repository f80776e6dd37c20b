//! Scenario `authentication` (strategy §2): who is let in by certificate, by
//! signature and by token, and that everybody else is refused for the right reason.

mod mutual_tls;

use crate::plan::Scenario;

pub const SCENARIO: Scenario = Scenario {
    id: "authentication",
    title: "Authentication",
    objective: "mutual TLS, signed requests and OAuth let in whom they should; everybody else is refused with the exact reason, in the log and in the metrics, and nothing is executed",
    source: "strategy §2",
    labels: &[],
    requires: &[],
    steps: &mutual_tls::STEPS,
};
