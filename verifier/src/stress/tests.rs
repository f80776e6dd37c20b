use std::path::PathBuf;

use super::*;
use crate::{
    events::{Body, Event, Evidence, RunFinished, RunOutcome, StepFinished, Verdict},
    report::{Attempt, RunSummary, ScenarioSummary, StepSummary},
};

fn event(step: &str, body: Body) -> Event {
    Event {
        schema: None,
        seq: 0,
        ts: String::new(),
        at: 0.0,
        scenario: Some("s".to_owned()),
        step: Some(step.to_owned()),
        body,
    }
}

fn saw(step: &str, summary: &str) -> Event {
    let seen =
        Evidence { kind: "http".to_owned(), summary: summary.to_owned(), ..Evidence::default() };
    event(step, Body::Evidence(seen))
}

fn ended(step: &str, verdict: Verdict) -> Event {
    event(
        step,
        Body::StepFinished(StepFinished {
            verdict,
            message: String::new(),
            duration_ms: 1.0,
            attempt: 1,
            observations: 0,
            repeated: 0,
        }),
    )
}

#[test]
fn the_interval_is_wilson_s() {
    // Known values: 0 of 50 and 5 of 50.
    let none = wilson(0, 50);
    assert!(none.low == 0.0 && (none.high - 0.0713).abs() < 0.0005, "{none:?}");
    let some = wilson(5, 50);
    assert!((some.low - 0.0435).abs() < 0.0005, "{some:?}");
    assert!((some.high - 0.2136).abs() < 0.0005, "{some:?}");
    assert_eq!(wilson(0, 0), Interval { low: 0.0, high: 1.0 });
}

#[test]
fn runs_part_at_the_first_event_that_is_another_and_not_at_ids_times_and_counts() {
    let passing = [
        saw("a", "GET /workloads/11 -> 200 in 3 ms"),
        saw("a", "GET /workloads/11 -> 200 in 4 ms"),
        saw("a", "container runs"),
        ended("a", Verdict::Passed),
    ];
    let failing = [
        saw("b", "of another step"),
        saw("a", "GET /workloads/77 -> 200 in 9 ms"),
        saw("a", "container is gone"),
        ended("a", Verdict::Failed),
    ];
    let difference = Difference::first(&passing, &failing, "s/a").unwrap();
    assert_eq!(difference.alike, 1);
    assert_eq!(difference.passing.as_deref(), Some("http: container runs"));
    assert_eq!(difference.failing.as_deref(), Some("http: container is gone"));
    assert_eq!(Difference::first(&passing, &passing, "s/a"), None);
    let cut = Difference::first(&passing, &passing[..3], "s/a").unwrap();
    assert_eq!((cut.passing.as_deref(), cut.failing), (Some("passed"), None));
}

fn tried(verdicts: &[Verdict]) -> Vec<Tried> {
    let of = verdicts.iter().map(|verdict| {
        let attempt = Attempt { verdict: Some(*verdict), ..Attempt::default() };
        let step =
            StepSummary { id: "a".to_owned(), attempts: vec![attempt], ..StepSummary::default() };
        let scenario =
            ScenarioSummary { id: "s".to_owned(), steps: vec![step], ..ScenarioSummary::default() };
        let outcome = if verdict.is_bad() { RunOutcome::Failed } else { RunOutcome::Passed };
        let finished = RunFinished { outcome, exit_code: outcome.exit_code(), duration_ms: 1.0 };
        let run = RunSummary {
            scenarios: vec![scenario],
            finished: Some(finished),
            ..RunSummary::default()
        };
        Tried { folder: PathBuf::from("/nowhere"), run }
    });
    of.collect()
}

#[test]
fn a_step_that_wavers_is_counted_and_skips_are_not() {
    use Verdict::{Failed, Passed, Skipped};
    let summary = StressSummary::of(&tried(&[Passed, Failed, Skipped, Passed, Failed]), 5);
    assert_eq!((summary.runs, summary.failed), (5, 2));
    let [step] = &summary.steps[..] else { panic!("{summary}") };
    assert_eq!((step.failed, step.judged), (2, 4));
    assert!(
        summary.to_string().starts_with("FAILED  2 of 5 runs did not pass: 40.0 %"),
        "{summary}"
    );
    let summary = StressSummary::of(&tried(&[Passed, Skipped]), 2);
    assert!(StressSummary::of(&[], 0).to_string().starts_with("NOTHING WAS PROVED  0 of 0"));
    assert!(!summary.has_failed() && summary.steps.is_empty());
    assert!(summary.to_string().starts_with("PASSED  0 of 2 runs"), "{summary}");
}

#[test]
fn what_was_skipped_each_time_is_not_called_passed() {
    let summary = StressSummary::of(&tried(&[Verdict::Skipped, Verdict::Skipped]), 2);
    assert!(!summary.has_proved());
    let text = summary.to_string();
    assert!(text.starts_with("NOTHING WAS PROVED"), "{text}");
    assert!(text.contains("skipped each time: s/a"), "{text}");
}

#[test]
fn what_passed_when_it_was_tried_again_did_not_pass() {
    let summary = StressSummary::of(&tried(&[Verdict::Passed, Verdict::Flaky]), 2);
    let [step] = &summary.steps[..] else { panic!("{summary}") };
    assert_eq!((step.failed, step.judged), (1, 2));
}

#[test]
fn what_was_interrupted_is_not_called_passed() {
    use Verdict::{Failed, Passed};
    let summary = StressSummary::of(&tried(&[Passed]), 25);
    let text = summary.to_string();
    assert!(text.starts_with("INTERRUPTED  0 of 1 runs did not pass"), "{text}");
    assert!(text.contains("interrupted after 1 of 25 runs"), "{text}");
    let text = StressSummary::of(&tried(&[Passed, Failed]), 25).to_string();
    assert!(text.starts_with("FAILED") && text.contains("after 2 of 25"), "{text}");
}
