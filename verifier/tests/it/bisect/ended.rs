//! Ctrl-C and worse.

use std::{
    process::{Child, Command, Output},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    Platform,
    platform::{code, text},
};

const PATIENCE: Duration = Duration::from_secs(40);

/// Builds for ever, and says which processes do.
const ENDLESS: &str = "sleep 1000 & echo $$ $! >../pids; wait";

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A bisection that is in the middle of its first build; the build's processes.
fn building(platform: &Platform) -> (String, Child, Vec<i32>) {
    platform.commit("One", "verdict=passed");
    let head = platform.commit("Two", "verdict=failed");
    let words = platform.judging_with(ENDLESS);
    let mut command: Command = platform.verifier(&["bisect", "--repo", "repo", "--results", "out"]);
    command.args(["--good", "main~1", "--bad", "main"]).args(words);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let mut pids = Vec::new();
    until("the build runs", || {
        let text = std::fs::read_to_string(platform.file("out/pids")).unwrap_or_default();
        pids = text.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
        text.ends_with('\n')
    });
    (head, child, pids)
}

fn ends(pids: &[i32]) {
    for pid in pids {
        until("the build has ended", || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z ")
        });
    }
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

#[test]
fn ctrl_c_ends_the_build_and_leaves_nothing_but_the_log() {
    for kind in [Signal::SIGINT, Signal::SIGTERM] {
        let platform = Platform::new();
        let (head, child, pids) = building(&platform);
        signal(&child, kind);
        let output: Output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), Some(130), "{}", text(&output));
        ends(&pids);
        platform.is_untouched(&head);
        assert!(platform.log().starts_with("bisecting basic-workflow/nodes-registered"));
    }
}

#[test]
fn killed_it_leaves_no_process_and_no_clone() {
    let platform = Platform::new();
    let (head, mut child, pids) = building(&platform);
    signal(&child, Signal::SIGKILL);
    child.wait().unwrap();
    ends(&pids);
    until("the clone is gone", || !platform.file("out/checkout").exists());
    platform.is_untouched(&head);
}

#[test]
fn a_build_that_hangs_is_given_up() {
    let platform = Platform::new();
    platform.commit("One", "verdict=passed");
    platform.commit("Two", "verdict=failed");
    let words = platform.judging_with("sleep 1000");
    let mut command = platform.verifier(&["bisect", "--repo", "repo", "--results", "out"]);
    command.args(["--good", "main~1", "--bad", "main", "--build-within", "1"]).args(words);
    let output = command.output().unwrap();
    assert_eq!(code(&output), Some(125), "{}", text(&output));
    assert!(text(&output).contains("does not build: not done within 1 s"), "{}", text(&output));
}
