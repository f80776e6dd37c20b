//! `hydra-metrics`: `<name> <value> [<unit>]` a line; Hydra draws charts of them.

use std::collections::BTreeMap;

use super::field;
use crate::report::RunSummary;

/// Each name once: the run's own figures, then each scenario's.
pub fn metrics(run: &RunSummary) -> String {
    let counts = run.step_counts();
    let seconds = |ms: f64| ms / 1000.0;
    let mut figures = BTreeMap::new();
    let mut figure = |name: String, value: f64, unit: &str| {
        if value.is_finite() {
            figures.insert(field::name(&name), (value, field::unit(unit)));
        }
    };
    figure("suite.wall".to_owned(), seconds(run.duration_ms()), "s");
    figure("suite.timeout-scale".to_owned(), run.started.timeout_scale, "");
    for (name, count) in [
        ("total", counts.total),
        ("passed", counts.passed),
        ("failed", counts.failed),
        ("errors", counts.errors),
        ("skipped", counts.skipped),
        ("flaky", counts.flaky),
        ("quarantined", counts.quarantined),
    ] {
        figure(format!("checks.{name}"), count as f64, "");
    }
    for scenario in &run.scenarios {
        figure(format!("{}.wall", scenario.id), seconds(scenario.duration_ms()), "s");
        for measured in &scenario.measurements {
            let name = format!("{}.{}", scenario.id, measured.name);
            figure(name, measured.value, &measured.unit);
        }
    }
    let lines = figures.into_iter().map(|(name, (value, unit))| {
        let value = (value * 1e6).round() / 1e6;
        format!("{name} {value} {unit}").trim_end().to_owned() + "\n"
    });
    lines.collect()
}
