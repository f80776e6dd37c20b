//! What cannot work is said, with the component and the end of its log.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    lab::{StandIns, eventually, persys_lab, text, unique},
    snapshot,
};

#[test]
fn infrastructure_that_fails_is_the_lab_s_failure() {
    let stand_ins = StandIns::new();
    let etcd = stand_ins.write("broken-etcd", "#!/bin/sh\necho no space for my data >&2\nexit 7\n");
    let results = tempfile::tempdir().unwrap();
    let results = results.path().to_str().unwrap();
    let start = Instant::now();
    let output = persys_lab(["run", "--bare", "--name", &unique("broken"), "--results", results])
        .args(["--etcd", etcd.to_str().unwrap(), "--", "true"])
        .output()
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("etcd on machine etcd is exited (code 7)"), "{said}");
    assert!(said.contains("no space for my data"), "{said}");
    assert!(!said.contains("agent1"), "only who failed is named: {said}");
    assert!(start.elapsed().as_secs() < 15, "waiting longer would not have helped");
    let log = fs::read_to_string(format!("{results}/logs/etcd/etcd.log")).unwrap();
    assert_eq!(log, "no space for my data\n");
}

#[test]
fn a_platform_that_fails_is_the_verifier_s_to_judge() {
    let stand_ins = StandIns::new();
    let prow =
        stand_ins.write("broken-prow", "#!/bin/sh\necho AGENT_SECRET is missing >&2\nexit 2\n");
    let results = tempfile::tempdir().unwrap();
    let output = persys_lab(["run", "--name", &unique("judged"), "--bin-dir", stand_ins.path()])
        .args(["--results", results.path().to_str().unwrap()])
        .args(["--prow", prow.to_str().unwrap(), "--", "sh", "-c", "echo judged; exit 1"])
        .output()
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("prow-scheduler on machine prow1 is exited (code 2)"), "{said}");
    assert!(said.contains("AGENT_SECRET is missing"), "{said}");
    assert!(said.contains("judged"), "{said}");
}

#[test]
fn components_can_be_left_out_and_given_other_values() {
    let stand_ins = StandIns::new();
    let lab = crate::lab::Lab::up(
        "changed",
        &[
            "--bin-dir",
            stand_ins.path(),
            "--without",
            "coredns",
            "--without",
            "agent2/persys-agent",
            "--env",
            "agent1/persys-agent:COLOUR=blue",
            "--env",
            "agent1/persys-agent:NODE_ID=",
        ],
    );
    let state = |machine: &str, name: &str| lab.supervisor(machine).component(name).state;
    use persys_faultd::supervisor::ComponentState::{Ready, Stopped};
    assert_eq!(state("dns", "coredns"), Stopped);
    assert_eq!(state("agent2", "persys-agent"), Stopped);
    assert_eq!(state("agent1", "persys-agent"), Ready);
    let log = lab.on("agent1", "cat /run/persys/log/persys-agent.log");
    assert!(log.contains("COLOUR=blue ID=none"), "{log}");
    for wrong in [["--without", "nothing"], ["--env", "nothing:A=b"]] {
        let output = persys_lab(["up", "--bare"]).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        let told = format!("{} nothing: no machine has it; there are ", wrong[0]);
        assert!(text(&output).contains(&told), "{}", text(&output));
        assert!(text(&output).contains("agent1/docker"), "{}", text(&output));
    }
}

#[test]
fn a_bad_topology_is_bad_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.json");
    fs::write(&file, "{}").unwrap();
    let output =
        persys_lab(["run", "--topology", file.to_str().unwrap(), "--", "true"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("odd.json"), "{}", text(&output));
}

/// Starts a run whose command would last, and comes back when it does.
fn lasting(lab: &str, results: &str) -> std::process::Child {
    let mut run = persys_lab(["run", "--bare", "--name", lab, "--results", results])
        .args(["--", "sh", "-c", "echo lasts; exec sleep 600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(run.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "lasts\n");
    run
}

#[test]
fn a_lab_that_falls_is_no_verdict() {
    // The first process of a machine, of the lab, and the one above them.
    for (words, said) in [
        (["__machine", "dns"], "the machine dns ended"),
        (["__init", "LAB"], "it has ended"),
        (["__janitor", "LAB"], "it has ended"),
    ] {
        let lab = unique("falls");
        let results = tempfile::tempdir().unwrap();
        let run = lasting(&lab, results.path().to_str().unwrap());
        let words = words.map(|word| word.replace("LAB", &lab));
        let victim = snapshot::below(run.id(), &words);
        kill(Pid::from_raw(victim.cast_signed()), Signal::SIGKILL).unwrap();
        let output = run.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{words:?}: {}", text(&output));
        assert!(text(&output).contains(said), "{words:?}: {}", text(&output));
        // What the machines had logged is kept.
        assert!(results.path().join("logs/etcd/etcd.log").exists(), "{words:?}");
        eventually("nothing is left", Duration::from_secs(10), || {
            snapshot::processes(&lab).is_empty()
        });
        // Without a janitor the control groups are left to the next run.
        assert!(persys_lab(["clean"]).status().unwrap().success());
        assert_eq!(snapshot::control_groups(&lab), Vec::<String>::new());
    }
}
