//! The files for CI name the checks that there are: `nixos-tests/groups.json` is the
//! one list, which the flake reads as well.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

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

/// An object with lists of words in it.
fn lists(object: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let object = object.as_object().unwrap_or_else(|| panic!("no object: {object}"));
    object.iter().map(|(name, list)| (name.clone(), words(list))).collect()
}

/// The checks of each boot, as nix/vm-tests.nix names them: `GROUP`, and `VARIANT-GROUP` for
/// each group that a variant has. A variant has no `all`.
fn boots() -> BTreeMap<String, BTreeSet<String>> {
    let file: Value = serde_json::from_str(&read("nixos-tests/groups.json")).unwrap();
    let usual = lists(&file["boots"]);
    let mut all = usual.clone();
    for (variant, groups) in lists(&file["variants"]) {
        let known = |group| usual.values().any(|boot| boot.contains(group));
        assert!(groups.iter().all(known), "{variant} has a group that is in no boot");
        for (boot, of_boot) in &usual {
            let chosen: BTreeSet<String> =
                groups.intersection(of_boot).map(|group| format!("{variant}-{group}")).collect();
            if !chosen.is_empty() {
                all.insert(format!("{variant}-{boot}"), chosen);
            }
        }
    }
    all
}

fn checks() -> BTreeSet<String> {
    boots().into_values().flatten().collect()
}

fn scripts(job: &Value) -> Vec<&str> {
    let steps = job["steps"].as_array().unwrap_or_else(|| panic!("no steps: {job}"));
    steps.iter().filter_map(|step| step["run"].as_str()).collect()
}

/// One entry for each boot, since its groups are one derivation: entries of their own would run
/// the same machines once more each. `all` is the others once more.
#[test]
fn the_workflow_runs_every_boot_once() {
    let workflow = yaml(".github/workflows/e2e.yml");
    let matrix = workflow["jobs"]["vm"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let entry = |entry: &Value| {
        let checks = entry["checks"].as_str().unwrap();
        let checks: BTreeSet<String> = checks.split_whitespace().map(str::to_owned).collect();
        (entry["boot"].as_str().unwrap().to_owned(), checks)
    };
    assert_eq!(matrix.iter().map(entry).collect::<BTreeMap<_, _>>(), boots());
    assert_eq!(matrix.len(), boots().len());
}

#[test]
fn the_workflow_checks_what_needs_no_machine() {
    let workflow = yaml(".github/workflows/e2e.yml");
    assert!(scripts(&workflow["jobs"]["test"]).iter().any(|script| script.contains("make test")));
    let scripts = scripts(&workflow["jobs"]["nix"]).join("\n");
    assert!(scripts.contains("scripts/nix-evaluate.sh"), "{scripts}");
    // All that are there, asked of the flake, so that a new one cannot be forgotten.
    assert!(scripts.contains("nix eval --raw '.#hydraJobs.checks'"), "{scripts}");
    assert!(
        scripts.contains("nix build -L --no-link --keep-going --max-jobs 1 $checks"),
        "{scripts}"
    );
}

/// What the project stands on changes without a push.
#[test]
fn the_workflow_runs_every_week() {
    let workflow = yaml(".github/workflows/e2e.yml");
    let schedule = workflow["on"]["schedule"].as_array().unwrap();
    let cron: Vec<_> = schedule[0]["cron"].as_str().unwrap().split(' ').collect();
    assert!(matches!(cron[..], [_, _, "*", "*", weekday] if weekday != "*"), "{cron:?}");
}

/// Every check that a document tells to build is there.
#[test]
fn the_documents_name_checks_that_there_are() {
    let mut seen = 0;
    for name in ["README.md", "docs/nixos.md", "docs/test-your-own-build.md", "docs/reports.md"] {
        let document = read(name);
        for after in document.split("checks.x86_64-linux.").skip(1) {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
            let check = after.split(|c| !is_part(c)).next().unwrap();
            assert!(check == "all" || checks().contains(check), "{name}: there is no {check}");
            seen += 1;
        }
    }
    assert!(seen > 3, "only {seen} checks were seen");
}

#[test]
fn the_workflow_keeps_the_reports_of_red_runs() {
    let workflow = yaml(".github/workflows/e2e.yml");
    for (job, step_that_fails) in [("lab", "make e2e"), ("vm", ".$check.report")] {
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
    assert!(gate.contains("nix build -L --no-link \".#checks.x86_64-linux.$check\" ||"), "{gate}");
    assert!(gate.trim_end().ends_with("exit 1; }"), "{gate}");
}

#[test]
fn garnix_builds_every_check() {
    let file = yaml("garnix.yaml");
    let builds = file["builds"].as_array().unwrap();
    let patterns: BTreeSet<String> = builds.iter().flat_map(|b| words(&b["include"])).collect();
    assert!(builds.iter().all(|build| build["exclude"].is_null()));
    for check in checks() {
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
    let checks = checks();
    for scenario in plan.as_array().unwrap() {
        let id = scenario["id"].as_str().unwrap();
        assert!(checks.contains(id), "nixos-tests/groups.json lacks {id}");
    }
}
