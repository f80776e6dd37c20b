use super::*;
use crate::{
    events::{Measurement, Verdict},
    plan::Filter,
    report::{Attempt, RunSummary, ScenarioSummary, StepSummary},
};

/// Twenty steps, a little noisy, and one measurement.
fn run(pace: f64) -> RunSummary {
    let step = |n: usize| {
        let duration_ms = pace * (1000.0 + 40.0 * (n % 3) as f64);
        let passed = Attempt { verdict: Some(Verdict::Passed), duration_ms, ..Attempt::default() };
        StepSummary { id: format!("step-{n}"), attempts: vec![passed], ..StepSummary::default() }
    };
    let mut scenario = ScenarioSummary { id: "s".to_owned(), ..ScenarioSummary::default() };
    scenario.steps = (0..20).map(step).collect();
    let p99 =
        Measurement { name: "read_p99".to_owned(), value: 0.004 * pace, unit: "s".to_owned() };
    scenario.measurements = vec![p99];
    RunSummary { scenarios: vec![scenario], ..RunSummary::default() }
}

fn last(run: &mut RunSummary, step: usize) -> &mut Attempt {
    run.scenarios[0].steps[step].attempts.last_mut().unwrap()
}

#[test]
fn a_run_is_like_itself_and_like_one_on_a_machine_of_another_pace() {
    for pace in [1.0, 0.3, 4.0] {
        let comparison = Comparison::of(&run(1.0), &run(pace));
        assert_eq!(comparison.verdicts, []);
        assert_eq!(comparison.durations, []);
        assert_eq!(comparison.measurements, []);
        assert!((comparison.pace - pace).abs() < 0.05, "{}", comparison.pace);
        assert!(!comparison.is_worse());
    }
}

#[test]
fn one_step_that_takes_longer_than_the_pace_explains_is_told() {
    let mut new = run(2.0);
    last(&mut new, 7).duration_ms *= 3.0;
    let comparison = Comparison::of(&run(1.0), &new);
    let [change] = &comparison.durations[..] else { panic!("{comparison}") };
    assert_eq!(change.name, "s/step-7");
    assert!(change.ratio.is_some_and(|ratio| ratio > 2.7 && ratio < 3.3), "{change}");
    assert!(!comparison.is_worse(), "a duration alone blames nobody");
}

#[test]
fn a_change_below_what_polling_makes_is_not_told() {
    let (mut base, mut new) = (run(1.0), run(1.0));
    last(&mut base, 1).duration_ms = 20.0;
    last(&mut new, 1).duration_ms = 90.0;
    assert_eq!(Comparison::of(&base, &new).durations, []);
}

#[test]
fn verdicts_that_changed_are_told_with_the_reason() {
    let mut new = run(1.0);
    let attempt = last(&mut new, 3);
    attempt.verdict = Some(Verdict::Failed);
    attempt.message = "status: expected Running, got Failed\n  more".to_owned();
    new.scenarios[0].steps.remove(5);
    let comparison = Comparison::of(&run(1.0), &new);
    let text = comparison.to_string();
    assert!(
        text.contains("s/step-3: passed -> failed  status: expected Running, got Failed\n"),
        "{text}"
    );
    assert!(text.contains("s/step-5: passed -> absent\n"), "{text}");
    assert!(comparison.is_worse());
    assert!(!Comparison::of(&new, &run(1.0)).is_worse(), "what is mended is not worse");
}

#[test]
fn a_step_that_is_gone_is_worse_in_two_runs_of_one_profile() {
    let of_profile = |profile: &str| {
        let mut run = run(1.0);
        run.started.profile = profile.to_owned();
        run
    };
    let without = |profile: &str| {
        let mut run = of_profile(profile);
        run.scenarios[0].steps.remove(5);
        run
    };
    assert!(Comparison::of(&of_profile("full"), &without("full")).is_worse());
    assert!(!Comparison::of(&of_profile("full"), &without("smoke")).is_worse());
    let selection = Filter::SELECTION;
    assert!(!Comparison::of(&of_profile(selection), &without(selection)).is_worse());
}

#[test]
fn a_figure_that_fell_is_told_as_a_part() {
    let mut new = run(1.0);
    last(&mut new, 7).duration_ms = 10.0;
    let text = Comparison::of(&run(1.0), &new).to_string();
    assert!(text.contains("1.040 -> 0.010 s (1/1"), "{text}");
}

#[test]
fn a_measurement_that_multiplied_is_told_and_so_is_one_that_was_nothing() {
    let with = |name: &str, value: f64| {
        let mut run = run(1.0);
        let figure = Measurement { name: name.to_owned(), value, unit: "%".to_owned() };
        run.scenarios[0].measurements.push(figure);
        run
    };
    let of = |old: f64, new: f64| {
        Comparison::of(&with("lost", old), &with("lost", new)).measurements.len()
    };
    assert_eq!(of(0.0, 5.0), 1);
    assert_eq!(of(0.0, 0.0), 0);
    assert_eq!((of(50.0, 101.0), of(50.0, 24.0), of(50.0, 95.0)), (1, 1, 0));
    let mut slower = run(2.0);
    slower.scenarios[0].measurements[0].value *= 3.0;
    assert_eq!(Comparison::of(&run(1.0), &slower).measurements.len(), 1);
}
