//! What the page's template is filled with.

use serde::Serialize;

use super::{curves::Curves, lanes::Lanes, latency::Latency};
use crate::{
    events::{RunOutcome, Verdict},
    report::{
        Attempt, RunSummary, ScenarioSummary, StepSummary,
        plain_text::{clean, clean_line, span},
        summary::Counts,
    },
};

/// Bytes of a log slice that the page shows; the files have all.
const LOG_MAX: usize = 16 * 1024;
const STRATEGY_CRITERIA: &str = "performance";

#[derive(Debug, Serialize)]
pub struct View {
    verdict: &'static str,
    /// The style's class.
    class: &'static str,
    told: String,
    run_id: String,
    timestamp: String,
    /// The same to the second, for people.
    begun: String,
    duration: String,
    facts: Vec<(String, String)>,
    notes: Vec<String>,
    counts: Vec<(usize, &'static str)>,
    scenarios: Vec<ScenarioView>,
    bad: Vec<StepView>,
    lanes: Lanes,
    latency: Option<Latency>,
    curves: Vec<Curves>,
}

#[derive(Debug, Serialize)]
struct ScenarioView {
    id: String,
    title: String,
    objective: String,
    source: String,
    verdict: &'static str,
    duration: String,
    passed: usize,
    total: usize,
    skipped: usize,
    open: bool,
    steps: Vec<StepView>,
    measurements: Vec<(String, String)>,
}

#[derive(Clone, Debug, Serialize)]
struct StepView {
    name: String,
    anchor: String,
    title: String,
    source: String,
    verdict: &'static str,
    duration: String,
    budget: String,
    observations: u64,
    headline: String,
    message: String,
    attempts: Vec<AttemptView>,
    again: String,
}

#[derive(Clone, Debug, Serialize)]
struct AttemptView {
    number: usize,
    verdict: &'static str,
    story: String,
    logs: Vec<LogView>,
}

#[derive(Clone, Debug, Serialize)]
struct LogView {
    name: String,
    text: String,
    remark: String,
}

impl View {
    pub fn of(run: &RunSummary) -> Self {
        let counts = run.step_counts();
        let (verdict, class) = outcome(run);
        let scenarios: Vec<ScenarioView> =
            run.scenarios.iter().map(|scenario| scenario_view(run, scenario)).collect();
        let all = scenarios.iter().flat_map(|scenario| &scenario.steps);
        Self {
            verdict,
            class,
            told: told(counts),
            run_id: run.started.run_id.clone(),
            timestamp: run.timestamp.clone(),
            begun: to_the_second(&run.timestamp),
            duration: span(run.duration_ms()),
            facts: facts(run),
            notes: run.notes.iter().map(|note| clean(note)).collect(),
            counts: shares(counts),
            bad: all
                .filter(|step| !["passed", "skipped"].contains(&step.verdict))
                .cloned()
                .collect(),
            scenarios,
            lanes: Lanes::of(run),
            latency: Latency::of(run),
            curves: Curves::of(run),
        }
    }
}

fn outcome(run: &RunSummary) -> (&'static str, &'static str) {
    match run.outcome() {
        RunOutcome::Passed => ("passed", "passed"),
        RunOutcome::Failed => ("failed", "failed"),
        RunOutcome::Error if run.finished.is_none() => ("incomplete", "error"),
        RunOutcome::Error => ("error", "error"),
        RunOutcome::Interrupted => ("interrupted", "error"),
        RunOutcome::NothingRan => ("nothing was proved", "skipped"),
    }
}

fn told(counts: Counts) -> String {
    format!("{} of {} steps passed", counts.passed, counts.total)
}

fn shares(counts: Counts) -> Vec<(usize, &'static str)> {
    let all = [
        (counts.failed, Verdict::Failed),
        (counts.errors, Verdict::Error),
        (counts.flaky, Verdict::Flaky),
        (counts.quarantined, Verdict::Quarantined),
        (counts.passed, Verdict::Passed),
        (counts.skipped, Verdict::Skipped),
    ];
    all.into_iter().filter(|(n, _)| *n > 0).map(|(n, verdict)| (n, verdict.as_str())).collect()
}

fn to_the_second(timestamp: &str) -> String {
    let second = timestamp.get(..19).filter(|_| timestamp.ends_with('Z'));
    second
        .map_or_else(|| timestamp.to_owned(), |second| format!("{} UTC", second.replace('T', " ")))
}

fn facts(run: &RunSummary) -> Vec<(String, String)> {
    let started = &run.started;
    let host = &started.host;
    let mut facts = vec![
        ("platform".to_owned(), started.platform.clone()),
        ("features".to_owned(), started.features.join(", ")),
        ("topology".to_owned(), started.topology.clone()),
        ("profile".to_owned(), started.profile.clone()),
        (
            "seed".to_owned(),
            format!("{}{}", started.seed, if started.shuffled { ", shuffled" } else { "" }),
        ),
        ("timeout scale".to_owned(), started.timeout_scale.to_string()),
        (
            "host".to_owned(),
            format!(
                "{}, {} cpus, {} MiB, load {:.1}, Linux {}",
                host.hostname, host.cpus, host.memory_mib, host.load, host.kernel
            ),
        ),
        ("verifier".to_owned(), started.verifier_version.clone()),
    ];
    facts.extend(started.facts.iter().map(|(name, value)| (name.clone(), value.clone())));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn scenario_view(run: &RunSummary, scenario: &ScenarioSummary) -> ScenarioView {
    let counts = Counts::of(scenario.steps.iter().map(StepSummary::verdict));
    let verdict = scenario.verdict();
    let figure = |value: f64, unit: &str| {
        let text = if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.4}") };
        format!("{text} {unit}").trim_end().to_owned()
    };
    ScenarioView {
        id: scenario.id.clone(),
        title: clean(&scenario.title),
        objective: clean(&scenario.objective),
        source: clean(&scenario.source),
        verdict: verdict.as_str(),
        duration: span(scenario.duration_ms()),
        passed: counts.passed,
        total: counts.total,
        skipped: counts.skipped,
        open: verdict > Verdict::Skipped || scenario.id == STRATEGY_CRITERIA,
        steps: scenario.steps.iter().map(|step| step_view(run, &scenario.id, step)).collect(),
        measurements: scenario
            .measurements
            .iter()
            .map(|m| (m.name.replace('_', " "), figure(m.value, &m.unit)))
            .collect(),
    }
}

fn step_view(run: &RunSummary, scenario: &str, step: &StepSummary) -> StepView {
    let name = format!("{scenario}/{}", step.id);
    let verdict = step.verdict();
    // The story of a step that went well is in the events.
    let bad = verdict > Verdict::Skipped;
    let attempts = step.attempts.iter().enumerate().filter(|_| bad);
    StepView {
        anchor: anchor(scenario, &step.id),
        title: clean(&step.title),
        source: clean(&step.source),
        verdict: verdict.as_str(),
        duration: span(step.duration_ms()),
        budget: span(step.budget_ms as f64),
        observations: step.last().map_or(0, |attempt| attempt.observations),
        headline: clean_line(&step.headline(), 400),
        message: clean(&step.message()),
        attempts: attempts.map(|(n, attempt)| attempt_view(n + 1, attempt)).collect(),
        again: run.started.reproduce.replace("{step}", &name),
        name,
    }
}

/// A step's place in the page, in characters that need no escape anywhere.
pub fn anchor(scenario: &str, step: &str) -> String {
    format!("{scenario}.{step}")
}

fn attempt_view(number: usize, attempt: &Attempt) -> AttemptView {
    let logs = attempt.logs.iter().map(|slice| {
        let text = clean(&slice.text);
        let from = text.len().saturating_sub(LOG_MAX);
        let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        let omitted = slice.omitted_bytes + from as u64;
        let older = if slice.older { "nothing in this time; the last lines before it" } else { "" };
        let more = if omitted > 0 {
            format!("{omitted} bytes more in logs/{}/{}.log", slice.machine, slice.component)
        } else {
            String::new()
        };
        let remarks = [older.to_owned(), more].into_iter().filter(|text| !text.is_empty());
        LogView {
            name: format!("{} of {}", slice.component, slice.machine),
            text: text[from..].to_owned(),
            remark: remarks.collect::<Vec<_>>().join("; "),
        }
    });
    AttemptView {
        number,
        verdict: attempt.verdict.map_or("never ended", Verdict::as_str),
        story: clean(&attempt.story.lines().collect::<Vec<_>>().join("\n")),
        logs: logs.collect(),
    }
}
