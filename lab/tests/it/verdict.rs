//! The whole way: the reference platform in a lab, judged by the verifier. Needs
//! the other crates' programs beside this one (`cargo build --workspace --bins`).

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use crate::lab::{persys_lab, text, unique};

/// The verifier's exit code and what it printed; its results are in `results`.
fn verify(results: &Path, lab: &[&str], verifier: &[&str]) -> (Option<i32>, String) {
    let output = persys_lab(["run", "--name", &unique("verdict"), "--results"])
        .arg(results)
        .args(lab)
        .args(["--", "run"])
        .args(verifier)
        .output()
        .unwrap();
    (output.status.code(), text(&output))
}

/// `classname` and `name` of each testcase.
pub fn testcases(junit: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).expect(name);
        rest.split_once('"').expect(name).0.to_owned()
    };
    let tags = junit.split("<testcase").skip(1);
    tags.map(|tag| (attribute(tag, "classname"), attribute(tag, "name"))).collect()
}

#[test]
fn the_reference_platform_passes() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let (code, printed) = verify(&results, &[], &["--profile", "smoke"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("PASSED"), "{printed}");

    let read = |name: &str| fs::read_to_string(results.join(name)).unwrap();
    let plan: Value = serde_json::from_str(&read("plan.json")).unwrap();
    let planned: usize = plan["scenarios"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scenario| scenario["steps"].as_array().unwrap().len())
        .sum();
    let cases = testcases(&read("junit.xml"));
    let different: BTreeSet<_> = cases.iter().collect();
    assert_eq!(different.len(), cases.len(), "a testcase is there twice");
    assert_eq!(cases.len(), planned, "one testcase a step");
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(report["testRun"]["summary"]["overallStatus"], "PASSED");
    assert!(results.join("logs/prow1/prow-scheduler.log").is_file());
}

#[test]
fn a_wrong_secret_on_one_agent_is_found_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = "agent2/persys-agent:AGENT_SECRET_FILE=/etc/hostname";
    let only = ["--only", "basic-workflow/nodes-registered"];
    let (code, printed) = verify(&folder.path().join("results"), &["--env", wrong], &only);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("agent2 not active"), "{printed}");
    // Who speaks of it depends on whether the agent's one complaint fell into the step.
    let told = printed.lines().find(|line| line.trim_start().starts_with("log: "));
    let told = told.unwrap_or_else(|| panic!("no log line explains it: {printed}"));
    assert!(told.contains("bad_signature"), "{printed}");
    assert!(
        told.contains("persys-agent of agent2") || told.contains("peer 10.77.0.62"),
        "{printed}"
    );
}

/// The file lies where machines have a folder of their own.
#[test]
fn a_quarantine_is_read_in_the_lab() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quarantine.json");
    let step = "basic-workflow/nodes-registered";
    let known = json!({ "steps": [step], "owner": "us", "why": "P-1", "until": "9999-12-31" });
    fs::write(&file, json!({ "quarantine": [known] }).to_string()).unwrap();
    let options = ["--only", step, "--quarantine", file.to_str().unwrap()];
    let (code, printed) = verify(&folder.path().join("results"), &[], &options);
    assert_eq!(code, Some(0), "{printed}");
    let note = format!("{step} passed this time, and is quarantined until 9999-12-31 (us: P-1)");
    assert!(printed.contains(&note), "{printed}");
}
