//! Several verifiers that share a run, and the one run that is made of them.

use std::path::Path;

use nix::sys::signal::Signal;
use persys_verifier::{
    cli::{self, Exit, Platform},
    events::read_events,
    report::fold,
};

use super::{
    Child,
    child::{Ended, code, read},
    stories::REGISTRY,
};

const WAITS: &str = r#""type":"waiting""#;

fn merge(shards: &[&Ended], into: &Path) -> Exit {
    let arguments = ["persys-verifier", "merge", "--results"].map(Into::into);
    let folders = shards.iter().map(|shard| shard.results().into_os_string());
    let arguments = arguments.into_iter().chain([into.into()]).chain(folders);
    cli::main_with(REGISTRY, Platform::None, arguments)
}

fn shard(shard: &str, more: &[&str]) -> (Ended, Option<i32>) {
    let arguments = [&["--seed", "7", "--shard", shard], more].concat();
    let (ended, output) = Child::finished(&arguments);
    (ended, code(&output))
}

#[test]
fn two_shards_make_one_run() {
    let only = ["--only", "passing", "--only", "failing"];
    let ((one, first), (two, second)) = (shard("1/2", &only), shard("2/2", &only));
    let mut codes = [first, second];
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(1)]);
    let folder = tempfile::tempdir().unwrap();
    let merged = folder.path().join("m");
    assert_eq!(merge(&[&two, &one], &merged), Exit::CheckFailed);
    let digest = read(&merged.join("digest.txt"));
    assert!(digest.starts_with("FAILED  1 failed, 4 passed, 1 skipped of 6 steps"), "{digest}");
    let junit = read(&merged.join("junit.xml"));
    assert_eq!(junit.matches("<testcase").count(), 6, "{junit}");
    let run = fold(&read_events(&merged.join("events.jsonl")).unwrap());
    let ids: Vec<_> = run.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    assert_eq!(ids, ["passing", "failing"]);
    for file in ["index.html", "trace.json", "report.json", "plan.json"] {
        assert!(merged.join(file).exists(), "{file}");
    }
    assert_eq!(merge(&[&one, &two], &merged), Exit::Usage, "the folder holds a run");
    assert_eq!(merge(&[&one, &one], &folder.path().join("n")), Exit::Usage);
    assert_eq!(merge(&[&one], &folder.path().join("n")), Exit::Usage);
    assert!(!folder.path().join("n").exists(), "nothing is made of what does not fit");
}

#[test]
fn a_shard_with_nothing_to_do_proves_nothing_alone() {
    let only = ["--only", "passing"];
    let ((one, first), (two, second)) = (shard("1/2", &only), shard("2/2", &only));
    assert_eq!((first, second), (Some(0), Some(4)));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(merge(&[&one, &two], &folder.path().join("m")), Exit::Passed);
}

#[test]
fn who_waits_for_the_machine_says_so_and_can_be_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lock");
    let lock = lock.to_str().unwrap();
    let busy = Child::run(&["--only", "endless", "--exclusive-lock", lock]);
    busy.await_event(WAITS);
    let waiting = Child::run(&["--only", "measuring", "--exclusive-lock", lock]);
    waiting.await_event(WAITS);
    waiting.signal(Signal::SIGINT);
    let (ended, output) = waiting.wait();
    assert_eq!(code(&output), Some(130), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.matches("waiting until it has the machine for itself").count(), 1, "{told}");
    assert_eq!(ended.junit()[0].1, "error: interrupted before it could run");

    // Killed, it holds nothing any more.
    let waiting = Child::run(&["--only", "measuring", "--exclusive-lock", lock]);
    waiting.await_event(WAITS);
    busy.signal(Signal::SIGKILL);
    let (ended, output) = waiting.wait();
    assert_eq!(code(&output), Some(0), "{output:?}");
    let run = ended.summary();
    assert!(run.scenarios[0].duration_ms() < run.duration_ms());
    busy.wait();
}

#[test]
fn a_lock_that_cannot_be_had_is_wrong_usage() {
    let (ended, output) = Child::finished(&["--exclusive-lock", "/proc/nowhere/lock"]);
    assert_eq!(code(&output), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("failed to open the lock: /proc/nowhere/lock: "), "{told}");
    assert!(!ended.results().exists());
}
