//! The files for CI name the checks that there are: `nixos-tests/groups.json` is the
//! one list, which the flake reads as well.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::lab::checkout;

fn read(name: &str) -> String {
    let path = checkout().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn words(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// Groups and variants.
fn checks() -> (BTreeSet<String>, BTreeSet<String>) {
    let file: Value = serde_json::from_str(&read("nixos-tests/groups.json")).unwrap();
    (words(&file["groups"]), words(&file["variants"]))
}

/// `all` is the others once more, so the workflow need not have it.
#[test]
fn the_workflow_runs_every_group_and_variant() {
    let (groups, variants) = checks();
    let workflow = yaml(".github/workflows/e2e.yml");
    let matrix = words(&workflow["jobs"]["vm"]["strategy"]["matrix"]["check"]);
    let mut wanted: BTreeSet<_> = groups.union(&variants).cloned().collect();
    assert!(wanted.remove("all"));
    assert_eq!(matrix, wanted);
}

#[test]
fn the_workflow_keeps_the_reports_of_red_runs() {
    let workflow = yaml(".github/workflows/e2e.yml");
    for (job, step_that_fails) in [("lab", "make e2e"), ("vm", ".${{ matrix.check }}.report")] {
        let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
        let at = |wanted: &dyn Fn(&Value) -> bool| steps.iter().position(wanted).unwrap();
        let runs = |step: &Value, text: &str| {
            step["run"].as_str().is_some_and(|script| script.contains(text))
        };
        let ran = at(&|step| runs(step, step_that_fails));
        let kept = at(&|step| {
            step["uses"]
                .as_str()
                .is_some_and(|action| action.starts_with("actions/upload-artifact@"))
        });
        assert!(kept > ran, "{job}");
        assert_eq!(steps[kept]["if"], "${{ !cancelled() }}", "{job}");
    }
    // The gate comes after the upload, and is what turns the job red.
    let steps = workflow["jobs"]["vm"]["steps"].as_array().unwrap();
    let gate = steps.last().unwrap()["run"].as_str().unwrap();
    assert!(gate.ends_with("'.#checks.x86_64-linux.${{ matrix.check }}'"), "{gate}");
}

#[test]
fn garnix_builds_every_check() {
    let (groups, variants) = checks();
    let file = yaml("garnix.yaml");
    let builds = file["builds"].as_array().unwrap();
    let patterns: BTreeSet<String> = builds.iter().flat_map(|b| words(&b["include"])).collect();
    assert!(builds.iter().all(|build| build["exclude"].is_null()));
    for check in groups.union(&variants) {
        let attribute = format!("checks.x86_64-linux.{check}");
        let covers = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => attribute.starts_with(start),
            None => attribute == *pattern,
        };
        assert!(patterns.iter().any(covers), "{attribute}");
    }
    assert!(read("garnix.yaml").contains("closed in July 2026"));
}

/// A group that is a scenario's is called like it.
#[test]
fn every_scenario_has_its_group() {
    let verifier = crate::documents::program("persys-verifier");
    let output = std::process::Command::new(verifier).args(["list", "--json"]).output().unwrap();
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (groups, _) = checks();
    for scenario in plan.as_array().unwrap() {
        let id = scenario["id"].as_str().unwrap();
        assert!(groups.contains(id), "nixos-tests/groups.json lacks {id}");
    }
}
