//! kill -9.

use std::{
    fs,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use persys_verifier::events::RunOutcome;

use super::{Child, child::code};

/// However early or late it comes, all files are valid, and what was planned is
/// told: as it ended, or as an error.
#[test]
fn a_killed_run_leaves_valid_reports_of_what_was_done() {
    for round in 0..12_u64 {
        let child = Child::run(&["--only", "talkative", "--only", "passing"]);
        // The first sign of life, then anywhere in the middle of writing.
        child.await_event("run-started");
        let until = Instant::now() + Duration::from_millis(round * round * 3);
        while !child.results().join("digest.txt").exists() || Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.signal(Signal::SIGKILL);
        let (ended, output) = child.wait();
        assert_eq!(code(&output), None);
        let summary = ended.summary();
        assert_eq!(summary.outcome(), RunOutcome::Error);
        assert!(summary.finished.is_none());
        let told = ended.junit();
        assert_eq!(told.len(), 6, "one testcase per planned step: {told:?}");
        assert!(told.iter().all(|(_, result)| {
            result == "passed"
                || result == "error: planned, never reported"
                || result == "error: began, never reported"
        }));
        assert!(told.iter().any(|(_, result)| result == "error: planned, never reported"));
        let report = ended.json();
        assert_eq!(report.pointer("/testRun/complete").unwrap(), false);
        assert_eq!(report.pointer("/testRun/summary/overallStatus").unwrap(), "ERROR");
        assert!(fs::metadata(ended.results().join("plan.json")).unwrap().len() > 0);
        let again = persys_verifier::cli::main_with(
            super::stories::REGISTRY,
            persys_verifier::cli::Platform::None,
            ["persys-verifier", "report", "--gate", ended.results().to_str().unwrap()]
                .map(Into::into),
        );
        assert_eq!(again, persys_verifier::cli::Exit::Environment);
    }
}
