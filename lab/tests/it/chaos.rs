//! A short chaos, judged by the verifier. Needs the other crates' programs beside this one
//! (`cargo build --workspace --bins`).

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    lab::{persys_lab, text, unique},
    verdict::testcases,
};

fn chaos(results: &Path, options: &[&str]) -> (Option<i32>, String) {
    let output = persys_lab(["run", "--name", &unique("chaos"), "--results"])
        .arg(results)
        .args(["--", "chaos"])
        .args(options)
        .output()
        .unwrap();
    (output.status.code(), text(&output))
}

fn read(results: &Path, name: &str) -> String {
    fs::read_to_string(results.join(name)).unwrap()
}

#[test]
fn the_reference_platform_outlives_twenty_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let (code, printed) = chaos(&results, &["--seed", "7", "--for", "20s"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("PASSED"), "{printed}");
    let plan: Value = serde_json::from_str(&read(&results, "chaos-plan.json")).unwrap();
    let entries = plan["entries"].as_array().unwrap();
    let kinds = |kind: &str| entries.iter().filter(|entry| entry["act"] == kind).count();
    assert_eq!((&plan["seed"], &plan["durationMs"]), (&7.into(), &20_000.into()));
    let history = read(&results, "history.jsonl");
    let lines: Vec<Value> =
        history.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!(of("invoke"), kinds("operation"), "everything was asked");
    assert_eq!(of("complete"), of("invoke"), "and came to an end");
    assert!(of("fault") > 0 && of("fault") == of("healed"), "{history}");
    let cases = testcases(&read(&results, "junit.xml"));
    assert!(cases.contains(&("e2e.chaos".to_owned(), "nothing-runs-twice".to_owned())));
    assert!(results.join("index.html").is_file());
}

/// The file of one plan is carried out by another run, and a plan that disturbs nobody is no
/// proof of anything.
#[test]
fn a_plan_without_faults_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (file, results) = (folder.path().join("plan.json"), folder.path().join("results"));
    let plan = serde_json::json!({
        "schema": 1, "seed": 3, "durationMs": 1000, "leftOut": [],
        "entries": [
            { "atMs": 0, "act": "operation", "client": "gateway",
              "operation": { "operation": "list" } },
        ],
    });
    fs::write(&file, plan.to_string()).unwrap();
    let (code, printed) = chaos(&results, &["--plan", file.to_str().unwrap()]);
    assert_eq!(code, Some(3), "{printed}");
    assert!(printed.contains("nothing was disturbed, so that nothing is proved"), "{printed}");
}
