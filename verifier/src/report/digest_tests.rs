use super::*;
use crate::report::summary::{Attempt, ScenarioSummary};

/// One scenario with this many steps of each verdict, each with a text of its own.
fn run(counts: &[(Verdict, usize)]) -> RunSummary {
    let steps = counts.iter().flat_map(|(verdict, n)| (0..*n).map(move |i| (*verdict, i)));
    let steps = steps.map(|(verdict, i)| {
        let message = format!("it is {verdict} for reason {i} {}", "and so on ".repeat(30));
        let attempt = Attempt {
            verdict: Some(verdict),
            message: message + "\n  waited 1 s\n  the status last changed",
            ..Attempt::default()
        };
        StepSummary {
            id: format!("{verdict}-{i}"),
            attempts: vec![attempt],
            ..StepSummary::default()
        }
    });
    let scenario =
        ScenarioSummary { id: "s".into(), steps: steps.collect(), ..ScenarioSummary::default() };
    let mut run = RunSummary { scenarios: vec![scenario], ..RunSummary::default() };
    run.started.reproduce = "again {step}".into();
    run.notes = (0..9).map(|n| format!("note {n}")).collect();
    run
}

fn render(run: &RunSummary) -> Vec<String> {
    let text = Digest::new(run, Path::new("results/latest")).render(Paint::plain());
    text.lines().map(str::to_owned).collect()
}

#[test]
fn it_never_has_more_than_twenty_lines() {
    use Verdict::{Error, Failed, Flaky, Passed, Quarantined, Skipped};
    for n in [0, 1, 2, 5, 9, 40] {
        let run = run(&[
            (Failed, n),
            (Error, n),
            (Flaky, n),
            (Quarantined, n),
            (Skipped, n),
            (Passed, n),
        ]);
        let lines = render(&run);
        assert!(lines.len() <= LINES_MAX, "{n}: {} lines", lines.len());
        for line in &lines {
            assert!(line.chars().count() <= FAILURE_WIDTH, "{line}");
        }
        assert!(lines[0].starts_with("INCOMPLETE"), "{}", lines[0]);
        if n > 0 {
            assert!(lines[1].starts_with("  ✗ s/failed-0: it is failed for reason 0"));
            assert_eq!(lines.last().unwrap(), "  again    again s/failed-0");
        }
    }
}

#[test]
fn spare_lines_tell_more_of_the_first_failures() {
    let lines = render(&run(&[(Verdict::Failed, 1)]));
    assert_eq!(lines[2], "      the status last changed; waited 1 s");
}

#[test]
fn what_is_quarantined_is_told_and_not_run_again() {
    let lines = render(&run(&[(Verdict::Quarantined, 1), (Verdict::Passed, 1)]));
    assert!(lines[0].contains("1 quarantined, 1 passed of 2 steps"), "{}", lines[0]);
    assert!(lines[1].starts_with("  ? s/quarantined-0: it is quarantined for reason 0"));
    assert!(!lines.iter().any(|line| line.starts_with("  again")), "{lines:?}");
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let run = run(&[(Verdict::Failed, 1)]);
    let digest = Digest::new(&run, Path::new("r"));
    assert!(!digest.render(Paint::plain()).contains('\u{1b}'));
    let paint = Paint { colours: true, width: 80 };
    let coloured = digest.render(paint);
    assert!(coloured.contains("\u{1b}[31m"));
    for line in console::strip_ansi_codes(&coloured).lines().filter(|line| !line.contains('✗')) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}
