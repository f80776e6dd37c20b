//! Every report of one fixed record, which was cut off by a kill, against files.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;

use super::*;
use crate::events::{Event, read_events};

fn events() -> Vec<Event> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events.jsonl");
    read_events(&file).unwrap()
}

fn run() -> RunSummary {
    fold(&events())
}

fn digest(run: &RunSummary) -> String {
    Digest::new(run, &PathBuf::from("results/latest")).render(Paint::plain())
}

#[test]
fn junit_xml() {
    assert_snapshot!(String::from_utf8(junit(&run())).unwrap().replace("><", ">\n<"));
}

#[test]
fn report_json() {
    assert_snapshot!(String::from_utf8(json(&run())).unwrap());
}

#[test]
fn digest_of_a_killed_run() {
    assert_snapshot!(digest(&run()));
}

#[test]
fn digest_of_a_passed_run() {
    let mut run = run();
    run.scenarios.remove(2);
    run.notes.clear();
    for step in run.scenarios.iter_mut().flat_map(|scenario| &mut scenario.steps) {
        step.attempts.truncate(1);
        step.attempts[0].verdict = Some(crate::events::Verdict::Passed);
    }
    run.finished = Some(crate::events::RunFinished {
        outcome: crate::events::RunOutcome::Passed,
        exit_code: 0,
        duration_ms: 21_004.0,
    });
    assert_snapshot!(digest(&run));
}

#[test]
fn the_events_themselves_survive_a_round_trip() {
    for event in events() {
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }
}
