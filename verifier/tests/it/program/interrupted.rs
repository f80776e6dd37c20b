//! Ctrl-C.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{Child, child::code};

const WAITS: &str = r#""type":"waiting""#;

#[test]
fn an_interrupted_run_cleans_up_and_reports_the_rest_as_interrupted() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let child = Child::run(&["--only", "endless"]);
        child.await_event(WAITS);
        child.signal(signal);
        let (ended, output) = child.wait();
        assert_eq!(code(&output), Some(130), "{output:?}");
        assert!(ended.was_cleaned_up());
        let told = ended.junit();
        let results: Vec<&str> = told.iter().map(|(_, result)| result.as_str()).collect();
        assert_eq!(results[0], "passed");
        assert_eq!(
            results[1],
            "error: interrupted; was waiting until the sky falls; last status: it hangs"
        );
        assert_eq!(results[2..], ["error: interrupted before it could run", "passed"]);
        let report = ended.json();
        assert_eq!(report.pointer("/testRun/summary/overallStatus").unwrap(), "INTERRUPTED");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("INTERRUPTED"), "{printed}");
    }
}

#[test]
fn interrupting_twice_does_not_wait_for_the_clean_up() {
    let child = Child::run(&["--only", "clinging"]);
    child.await_event(WAITS);
    child.signal(Signal::SIGINT);
    child.await_event(r#""step":"clean-up""#);
    let begun = Instant::now();
    child.signal(Signal::SIGINT);
    let (ended, output) = child.wait();
    assert_eq!(code(&output), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let told = ended.junit();
    assert_eq!(told.last().unwrap().1, "error: failed to let go: interrupted");
}

#[test]
fn a_clean_up_that_clings_does_not_keep_an_interrupted_run() {
    let child = Child::run(&["--only", "clinging"]);
    child.await_event(WAITS);
    let begun = Instant::now();
    child.signal(Signal::SIGINT);
    let (ended, output) = child.wait();
    assert_eq!(code(&output), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(ended.junit().last().unwrap().1.contains("failed to let go: not done within"));
}
