//! The real program, without a platform.

use std::{
    path::Path,
    process::{Command, Output},
};

use persys_verifier::events::read_events;

use super::child::{TOPOLOGY, code, read};

fn verifier(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_persys-verifier"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("PERSYS_TOPOLOGY")
        .output()
        .unwrap()
}

#[test]
fn what_there_is_can_be_listed_without_a_topology() {
    let folder = tempfile::tempdir().unwrap();
    let output = verifier(folder.path(), &["list"]);
    assert_eq!(code(&output), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().contains("basic-workflow"));
    let output = verifier(folder.path(), &["list", "--json", "--only", "basic-workflow"]);
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan.pointer("/0/id").unwrap(), "basic-workflow");
    let output = verifier(folder.path(), &["list", "--label", "nonesuch"]);
    assert_eq!(code(&output), Some(4));
}

/// Not even certificates are there: everything planned is an error that says so.
#[test]
fn without_an_environment_the_run_is_an_error_and_complete() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none");
    let arguments = ["run", "--topology", TOPOLOGY, "--profile", "smoke", "--credentials"];
    let arguments = [&arguments[..], &[missing.to_str().unwrap()]].concat();
    let output = verifier(folder.path(), &arguments);
    assert_eq!(code(&output), Some(3), "{output:?}");
    let latest = folder.path().join("results/latest");
    let events = read_events(&latest.join("events.jsonl")).unwrap();
    let run = persys_verifier::report::fold(&events);
    assert!(run.finished.is_some());
    assert!(run.step_counts().errors > 0);
    let digest = read(&latest.join("digest.txt"));
    assert!(digest.starts_with("ERROR"), "{digest}");
    assert!(digest.contains("failed to"), "{digest}");
    assert!(digest.contains("results/latest/"), "{digest}");
}

#[test]
fn a_plan_of_chaos_that_cannot_be_used_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.json");
    let plan = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let output = verifier(folder.path(), &["chaos", "--topology", TOPOLOGY, "--plan", file]);
        (code(&output), String::from_utf8(output.stderr).unwrap())
    };
    let (exit, told) = plan("{}");
    assert_eq!(exit, Some(2), "{told}");
    assert!(told.contains("failed to read the plan") && told.contains("schema"), "{told}");
    let (exit, told) = plan(
        r#"{ "schema": 1, "seed": 1, "durationMs": 1, "leftOut": [], "entries": [
             { "atMs": 0, "act": "restart", "machine": "mars", "component": "etcd" } ] }"#,
    );
    assert_eq!(exit, Some(2), "{told}");
    assert!(told.contains("there is no machine mars; name one of the topology's"), "{told}");
    assert!(!folder.path().join("results").exists(), "nothing was begun");
}
