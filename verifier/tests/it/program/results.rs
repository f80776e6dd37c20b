//! Whole runs, their files and their exit codes.

use std::{fs, path::Path};

use persys_verifier::cli::{self, Exit, Platform};
use serde_json::{Value, json};

use super::{
    Child,
    child::{TOPOLOGY, code, read},
    stories::REGISTRY,
};

#[test]
fn a_passed_run_leaves_every_report() {
    let arguments =
        ["--profile", "smoke", "--note", "a remark", "--fact", "dns=embedded", "--seed", "7"];
    let (ended, output) = Child::finished(&arguments);
    assert_eq!(code(&output), Some(0), "{output:?}");
    let passed = |name: &str| (format!("passing/{name}"), "passed".to_owned());
    assert_eq!(ended.junit(), [passed("first"), passed("second"), passed("clean-up")]);
    let report = ended.json();
    let at = |pointer| report.pointer(pointer).unwrap().clone();
    assert_eq!(at("/testRun/summary/overallStatus"), "PASSED");
    assert_eq!(at("/testRun/summary/totalScenarios"), 1);
    assert_eq!(at("/testRun/scenarios/0/metrics/response_time"), "0.25s");
    assert_eq!(at("/testRun/notes/0"), "a remark");
    assert_eq!(at("/environment/facts/dns"), "embedded");
    assert_eq!(at("/environment/seed"), 7);
    let plan: Value = serde_json::from_str(&read(&ended.results().join("plan.json"))).unwrap();
    assert_eq!(plan.pointer("/scenarios/0/steps/1/needs/0"), Some(&"first".into()));
    let digest = read(&ended.results().join("digest.txt"));
    assert!(digest.starts_with("PASSED  3 passed of 3 steps"), "{digest}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.ends_with(&digest), "the digest comes last: {printed}");
    for (n, event) in ended.events().iter().enumerate() {
        assert_eq!(event.seq, n as u64);
    }
}

#[test]
fn what_did_not_pass_can_be_run_again_and_nothing_else() {
    let (earlier, _) = Child::finished(&["--only", "failing", "--only", "passing"]);
    let folder = earlier.results();
    let (again, output) = Child::finished(&["--rerun", folder.to_str().unwrap()]);
    assert_eq!(code(&output), Some(1), "{output:?}");
    let names: Vec<String> = again.junit().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["failing/first", "failing/second", "failing/clean-up"]);
    let (earlier, _) = Child::finished(&["--only", "passing"]);
    let folder = earlier.results();
    let (_, output) = Child::finished(&["--rerun", folder.to_str().unwrap()]);
    assert_eq!(code(&output), Some(4), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("there is nothing to run again"), "{told}");
    let (_, output) = Child::finished(&["--rerun", "/nowhere"]);
    assert_eq!(code(&output), Some(2), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("/nowhere/events.jsonl") && told.contains("name the folder"), "{told}");
}

#[test]
fn a_quarantined_step_may_go_wrong_until_its_day_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quarantine.json");
    let file = file.to_str().unwrap();
    let run = |step: &str, until: &str| {
        let known =
            json!({ "steps": [step], "owner": "storage team", "why": "P-1", "until": until });
        fs::write(file, json!({ "quarantine": [known] }).to_string()).unwrap();
        Child::finished(&["--only", "failing", "--quarantine", file])
    };
    let (ended, output) = run("failing/first", "9999-12-31");
    assert_eq!(code(&output), Some(0), "{output:?}");
    let told = "quarantined until 9999-12-31 (storage team: P-1); it failed: status: expected 200, got 500";
    assert_eq!(ended.junit()[0], ("failing/first".into(), format!("skipped: {told}")));
    let digest = read(&ended.results().join("digest.txt"));
    assert!(
        digest.starts_with("PASSED  1 quarantined, 1 passed, 1 skipped of 3 steps"),
        "{digest}"
    );
    assert!(digest.contains(&format!("  ? failing/first: {told}")), "{digest}");
    assert_eq!(ended.json().pointer("/testRun/summary/steps/quarantined"), Some(&1.into()));
    let (_, output) = run("failing/first", "2026-01-02");
    assert_eq!(code(&output), Some(1), "{output:?}");
    let (_, output) = run("failing/last", "9999-12-31");
    assert_eq!(code(&output), Some(2), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("failed to use {file}: steps: \"failing/last\"")), "{told}");
}

#[test]
fn a_failure_is_exit_code_one_and_says_how_to_run_it_again() {
    let (ended, output) = Child::finished(&["--only", "failing", "--seed", "7"]);
    assert_eq!(code(&output), Some(1));
    let case = |name: &str, result: &str| (format!("failing/{name}"), result.to_owned());
    assert_eq!(
        ended.junit(),
        [
            case("first", "failure: status: expected 200, got 500"),
            case("second", "skipped: needs first, which failed"),
            case("clean-up", "passed"),
        ]
    );
    let digest = read(&ended.results().join("digest.txt"));
    let again =
        format!("again    persys-verifier run --topology {TOPOLOGY} --seed 7 --only failing/first");
    assert!(digest.contains(&again), "{digest}");
}

#[test]
fn reports_are_made_again_from_the_events() {
    let (ended, _) = Child::finished(&["--only", "failing"]);
    let folder = ended.results();
    let names = ["junit.xml", "report.json"];
    let before = names.map(|name| read(&folder.join(name)));
    for name in names {
        fs::remove_file(folder.join(name)).unwrap();
    }
    assert_eq!(report(&folder, &[]), Exit::Passed);
    assert_eq!(names.map(|name| read(&folder.join(name))), before);
    assert_eq!(report(&folder, &["--gate"]), Exit::CheckFailed);
    fs::remove_file(folder.join("events.jsonl")).unwrap();
    assert_eq!(report(&folder, &[]), Exit::Usage);
}

fn report(folder: &Path, more: &[&str]) -> Exit {
    let arguments = ["persys-verifier", "report", folder.to_str().unwrap()];
    let arguments = arguments.iter().chain(more).map(|text| (*text).into());
    cli::main_with(REGISTRY, Platform::None, arguments)
}

#[test]
fn a_gate_judges_results_that_cannot_be_written_to() {
    let (ended, _) = Child::finished(&["--only", "failing"]);
    let folder = ended.results();
    let listing = || {
        let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    fs::remove_file(folder.join("junit.xml")).unwrap();
    let before = listing();
    assert_eq!(report(&folder, &["--print", "--gate"]), Exit::CheckFailed);
    assert_eq!(listing(), before, "nothing is written");
}

#[test]
fn hydra_gets_the_output_of_a_failed_run_and_nothing_of_an_incomplete_one() {
    let (ended, _) = Child::finished(&["--only", "failing"]);
    let folder = ended.results();
    let output = folder.parent().unwrap().to_str().unwrap();
    assert_eq!(report(&folder, &["--hydra", output]), Exit::Passed);
    let support = folder.parent().unwrap().join("nix-support");
    assert!(support.join("failed").exists());
    let products = read(&support.join("hydra-build-products"));
    assert!(products.contains(&format!("file junit {output}/r/junit.xml\n")), "{products}");
    let metrics = read(&support.join("hydra-metrics"));
    assert!(metrics.contains("checks.failed 1\n"), "{metrics}");
    // The same run, cut off before its last word.
    let events = read(&folder.join("events.jsonl"));
    let cut = events.trim_end().rfind('\n').unwrap();
    fs::write(folder.join("events.jsonl"), &events[..=cut]).unwrap();
    assert_eq!(report(&folder, &["--hydra", output]), Exit::Environment);
    assert_eq!(report(&folder, &["--hydra", "relative"]), Exit::Usage);
}

#[test]
fn mistakes_have_their_exit_codes() {
    let (ended, output) = Child::finished(&["--only", "pasing"]);
    assert_eq!(code(&output), Some(4));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--only pasing names nothing; did you mean passing?"), "{error}");
    assert!(!ended.results().exists(), "nothing is written where nothing is run");
    let (_, output) = Child::finished(&["--no-such-option"]);
    assert_eq!(code(&output), Some(2));
    let (_, output) = Child::finished(&["--topology", "/no/such/file"]);
    assert_eq!(code(&output), Some(2));
}

#[test]
fn shuffling_follows_the_seed() {
    let order = |seed: &str| {
        let arguments = ["--shuffle", "--seed", seed, "--skip", "endless", "--skip", "clinging"];
        let more = ["--skip", "talkative", "--skip", "blocking"];
        let (ended, _) = Child::finished(&[&arguments[..], &more].concat());
        ended.summary().scenarios.iter().map(|s| s.id.clone()).collect::<Vec<_>>()
    };
    let orders: Vec<_> = ["1", "2", "3", "4", "5", "6"].map(order).into();
    assert!(orders.iter().any(|other| *other != orders[0]), "{orders:?}");
    assert_eq!(order("1"), orders[0]);
}

#[test]
fn a_step_that_blocks_its_thread_does_not_hang_the_run() {
    let (ended, output) = Child::finished(&["--only", "blocking", "--watchdog", "1"]);
    assert_eq!(code(&output), Some(3));
    let (name, result) = &ended.junit()[0];
    assert_eq!(name, "blocking/blocks");
    assert!(result.starts_with("error: the verifier hangs in this step"), "{result}");
}
