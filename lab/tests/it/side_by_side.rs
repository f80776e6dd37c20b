//! Several labs under one verdict. Needs the other crates' programs beside this one
//! (`cargo build --workspace --bins`).

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    lab::{StandIns, eventually, persys_lab, text, unique},
    snapshot,
    verdict::testcases,
};

const GONE_WITHIN: Duration = Duration::from_secs(15);

fn side_by_side(name: &str, results: &Path, lab: &[&str], verifier: &[&str]) -> Command {
    let mut command = persys_lab(["run", "--labs", "2", "--name", name, "--results"]);
    command.arg(results).args(lab).args(["--", "run"]).args(verifier);
    command
}

#[test]
fn two_labs_give_one_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let (results, name) = (folder.path().join("results"), unique("both"));
    let only =
        ["--only", "basic-workflow/components-ready", "--only", "service-discovery/srv-records"];
    let output = side_by_side(&name, &results, &[], &only).output().unwrap();
    let printed = text(&output);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    let digest = String::from_utf8_lossy(&output.stdout);
    assert!(digest.starts_with("PASSED "), "only the digest is printed: {printed}");
    assert!(digest.contains("2 scenarios"), "{digest}");
    let said = String::from_utf8_lossy(&output.stderr);
    for mark in ["1 │ ", "2 │ "] {
        assert!(said.lines().any(|line| line.starts_with(mark)), "{said}");
    }
    assert!(said.lines().all(|line| line.contains(" │ ")), "each line is some lab's: {said}");

    let read = |name: &str| fs::read_to_string(results.join(name)).unwrap();
    let cases = testcases(&read("junit.xml"));
    let of = |scenario: &str| {
        let class = format!("e2e.{scenario}");
        cases.iter().filter(|(own, _)| *own == class).count()
    };
    assert!(of("basic-workflow") >= 3 && of("service-discovery") >= 3, "{cases:?}");
    assert_eq!(of("basic-workflow") + of("service-discovery"), cases.len());
    for shard in ["shard-1", "shard-2"] {
        let part = testcases(&read(&format!("{shard}/junit.xml")));
        assert!(!part.is_empty() && part.len() < cases.len(), "{part:?}");
        assert!(results.join("logs").join(shard).join("prow1/prow-scheduler.log").is_file());
    }
    assert_eq!(snapshot::processes(&name), Vec::<String>::new());
    assert_eq!(snapshot::control_groups(&name), Vec::<String>::new());
}

#[test]
fn a_lab_that_does_not_come_up_is_the_run_s_failure() {
    let folder = tempfile::tempdir().unwrap();
    let stand_ins = StandIns::new();
    let etcd = stand_ins.write("broken-etcd", "#!/bin/sh\necho no space for my data >&2\nexit 7\n");
    let broken = ["--etcd", etcd.to_str().unwrap()];
    let results = folder.path().join("results");
    let smoke = ["--profile", "smoke"];
    let output = side_by_side(&unique("down"), &results, &broken, &smoke).output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let last = said.lines().rfind(|line| line.starts_with("persys-lab: lab ")).expect(&said);
    assert!(last.contains("failed: to bring the lab up: etcd on machine etcd"), "{said}");
    assert!(!results.join("junit.xml").exists(), "there is no verdict");
}

#[test]
fn a_wrong_selection_is_the_verifier_s_to_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let only = ["--only", "basic-worklow"];
    let output = side_by_side(&unique("wrong"), &results, &[], &only).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    assert!(text(&output).contains("did you mean basic-workflow?"), "{}", text(&output));
    let held = ["--hold-on-failure"];
    let output = side_by_side(&unique("held"), &results, &held, &only).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}

/// Starts two scenarios that last, and comes back when both labs' verifiers are at work.
fn lasting(name: &str, results: &Path) -> Child {
    let only = ["--only", "reconciliation", "--only", "service-discovery"];
    let mut command = side_by_side(name, results, &[], &only);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut run = command.spawn().unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    let mut awaited = vec!["1 │   ✓", "2 │   ✓"];
    while !awaited.is_empty() {
        let line = said.next().expect("both are at work before either ends").unwrap();
        awaited.retain(|mark| !line.starts_with(mark));
    }
    // What is still said is read, so that nobody has to wait for it.
    std::thread::spawn(move || said.for_each(drop));
    run
}

#[test]
fn interrupted_all_labs_end_and_what_was_done_is_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let (results, name) = (folder.path().join("results"), unique("ended"));
    let run = lasting(&name, &results);
    kill(Pid::from_raw(run.id().cast_signed()), Signal::SIGTERM).unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    assert!(text(&output).starts_with("INTERRUPTED "), "{}", text(&output));
    let cases = testcases(&fs::read_to_string(results.join("junit.xml")).unwrap());
    for scenario in ["e2e.reconciliation", "e2e.service-discovery"] {
        assert!(cases.iter().any(|(own, _)| own == scenario), "{cases:?}");
    }
    assert_eq!(snapshot::processes(&name), Vec::<String>::new());
    assert_eq!(snapshot::control_groups(&name), Vec::<String>::new());
}

#[test]
fn killed_all_labs_go_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let name = unique("killed");
    let mut run = lasting(&name, &folder.path().join("results"));
    run.kill().unwrap();
    run.wait().unwrap();
    eventually("nothing is left of the labs", GONE_WITHIN, || {
        snapshot::processes(&name).is_empty() && snapshot::control_groups(&name).is_empty()
    });
}
