//! `report.json`: the shape of the strategy's "Test Reports", and more beside it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    plain_text::span,
    summary::{Counts, RunSummary, ScenarioSummary, StepSummary},
};
use crate::events::{RunOutcome, Verdict};

/// The version of the file's shape.
const SCHEMA: u32 = 1;

/// The whole file.
pub fn json(run: &RunSummary) -> Vec<u8> {
    // A value always has a text.
    let mut text = serde_json::to_vec_pretty(&value(run)).unwrap_or_default();
    text.push(b'\n');
    text
}

fn value(run: &RunSummary) -> Value {
    let started = &run.started;
    json!({
        "schema": SCHEMA,
        "testRun": {
            "id": started.run_id,
            "timestamp": run.timestamp,
            "duration": span(run.duration_ms()),
            "durationMs": round(run.duration_ms()),
            "complete": run.finished.is_some(),
            "exitCode": run.outcome().exit_code(),
            "scenarios": run.scenarios.iter().map(scenario).collect::<Vec<_>>(),
            "summary": summary(run),
            "notes": run.notes,
        },
        "environment": {
            "verifier": started.verifier_version,
            "topology": started.topology,
            "platform": { "name": started.platform, "features": started.features },
            "machines": started.machines,
            "timings": started.timings,
            "profile": started.profile,
            "seed": started.seed,
            "shuffled": started.shuffled,
            "timeoutScale": started.timeout_scale,
            "retries": started.retries,
            "facts": started.facts,
            "host": started.host,
            "reproduce": started.reproduce,
        },
    })
}

fn summary(run: &RunSummary) -> Value {
    let scenarios = run.scenario_counts();
    let status = match run.outcome() {
        RunOutcome::Passed => "PASSED",
        RunOutcome::Failed => "FAILED",
        RunOutcome::Error => "ERROR",
        RunOutcome::Interrupted => "INTERRUPTED",
        RunOutcome::NothingRan => "NOTHING_RAN",
    };
    json!({
        "totalScenarios": scenarios.total,
        "passed": scenarios.passed,
        "failed": scenarios.failed,
        "errors": scenarios.errors,
        "skipped": scenarios.skipped,
        "flaky": scenarios.flaky,
        "quarantined": scenarios.quarantined,
        "steps": counts(run.step_counts()),
        "overallStatus": status,
    })
}

fn counts(counts: Counts) -> Value {
    json!({
        "total": counts.total,
        "passed": counts.passed,
        "failed": counts.failed,
        "errors": counts.errors,
        "skipped": counts.skipped,
        "flaky": counts.flaky,
        "quarantined": counts.quarantined,
    })
}

fn scenario(scenario: &ScenarioSummary) -> Value {
    // The strategy gives figures with their units, programs want them apart.
    let mut metrics: BTreeMap<&str, String> = scenario
        .measurements
        .iter()
        .map(|m| (m.name.as_str(), format!("{}{}", m.value, m.unit)))
        .collect();
    // Under the strategy's own names.
    if let Some(ms) = scenario.response_ms() {
        metrics.insert("responseTime", format!("{:.3}s", ms / 1000.0));
    }
    if let Some(share) = scenario.success_rate() {
        metrics.insert("successRate", format!("{}%", (share * 1000.0).round() / 10.0));
    }
    json!({
        "name": scenario.id.replace('-', "_"),
        "id": scenario.id,
        "title": scenario.title,
        "objective": scenario.objective,
        "source": scenario.source,
        "status": status(scenario.verdict()),
        "timestamp": scenario.timestamp,
        "duration": span(scenario.duration_ms()),
        "durationMs": round(scenario.duration_ms()),
        "attempts": scenario.attempts,
        "metrics": metrics,
        "measurements": scenario.measurements,
        "steps": scenario.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &StepSummary) -> Value {
    let mut value = Map::new();
    let mut put = |name: &str, field: Value| value.insert(name.to_owned(), field);
    put("id", json!(step.id));
    put("title", json!(step.title));
    put("source", json!(step.source));
    put("status", json!(status(step.verdict())));
    put("durationMs", json!(round(step.duration_ms())));
    put("budgetMs", json!(step.budget_ms));
    put("observations", json!(step.last().map_or(0, |attempt| attempt.observations)));
    if step.verdict() != Verdict::Passed {
        put("message", json!(step.message()));
    }
    if step.attempts.len() > 1 {
        let attempts: Vec<Value> = step
            .attempts
            .iter()
            .map(|attempt| {
                json!({
                    "status": status(attempt.verdict.unwrap_or(Verdict::Error)),
                    "durationMs": round(attempt.duration_ms),
                    "message": attempt.message,
                })
            })
            .collect();
        put("attempts", json!(attempts));
    }
    Value::Object(value)
}

/// Microseconds are enough.
fn round(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

fn status(verdict: Verdict) -> String {
    verdict.as_str().to_uppercase()
}
