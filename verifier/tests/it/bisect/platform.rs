//! A platform's repository, and what runs it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::json;
use tempfile::TempDir;

pub const STEP: &str = "basic-workflow/nodes-registered";

/// Takes a run's `--results` and `--gateway`; the "program" is a piece of shell that
/// says which of the prepared results the run comes to.
const LAB: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in --results) results=$2;; --gateway) gateway=$2;; esac
  shift
done
mkdir -p "$results"
here=$(dirname "$0")
. "$gateway"
cp "$here/$verdict.jsonl" "$results/events.jsonl" || exit 3
case $verdict in passed) exit 0;; failed) exit 1;; skipped) exit 4;; esac
exit 3
"#;

/// Builds by copying one file.
pub const BUILD: &str = "mkdir -p bin && cp gateway bin/api-gateway";

/// The repository is in `repo`; everything else is beside it.
pub struct Platform {
    pub folder: TempDir,
}

impl Platform {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let platform = Self { folder };
        fs::create_dir(platform.repo()).unwrap();
        platform.git(&["init", "--quiet", "--initial-branch=main"]);
        let lab = platform.file("lab");
        fs::write(&lab, LAB).unwrap();
        fs::set_permissions(&lab, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(platform.file("topology.json"), "{}").unwrap();
        for verdict in ["passed", "failed", "skipped", "error"] {
            platform.prepare(verdict, verdict, true);
        }
        platform.prepare("incomplete", "failed", false);
        platform
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn repo(&self) -> PathBuf {
        self.file("repo")
    }

    /// Commits a gateway, and gives the commit's id.
    pub fn commit(&self, subject: &str, gateway: &str) -> String {
        fs::write(self.repo().join("gateway"), format!("{gateway}\n")).unwrap();
        fs::write(self.repo().join(".gitignore"), "bin/\n").unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", subject]);
        self.git(&["rev-parse", "HEAD"])
    }

    #[track_caller]
    pub fn git(&self, words: &[&str]) -> String {
        let mut command = Command::new("git");
        for (name, value) in [("NAME", "A. Developer"), ("EMAIL", "dev@example.org")] {
            command.env(format!("GIT_AUTHOR_{name}"), value);
            command.env(format!("GIT_COMMITTER_{name}"), value);
        }
        let output = command.arg("-C").arg(self.repo()).args(words).output().unwrap();
        assert!(output.status.success(), "git {words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// `persys-verifier` with these words.
    pub fn verifier(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_persys-verifier"));
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("PERSYS_TOPOLOGY");
        command
    }

    pub fn bisect(&self, good: &str, bad: &str, more: &[&str]) -> Command {
        let mut command =
            self.verifier(&["bisect", "--repo", "repo", "--good", good, "--bad", bad]);
        command.args(self.judging()).args(["--results", "out"]).args(more);
        command
    }

    /// The options that say how a commit is judged.
    pub fn judging(&self) -> Vec<String> {
        self.judging_with(BUILD)
    }

    pub fn judging_with(&self, build: &str) -> Vec<String> {
        let (topology, lab) = (self.file("topology.json"), self.file("lab"));
        ["--step", STEP, "--programs", "gateway", "--build", build, "--lab"]
            .map(str::to_owned)
            .into_iter()
            .chain([lab.display().to_string()])
            .chain(["--topology".to_owned(), topology.display().to_string()])
            .collect()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.file("out/log")).unwrap()
    }

    /// Whether the user's repository and worktree are as they were, and the clone is gone.
    #[track_caller]
    pub fn is_untouched(&self, head: &str) {
        assert_eq!(self.git(&["rev-parse", "HEAD"]), head);
        assert_eq!(self.git(&["status", "--porcelain", "--ignored"]), "");
        assert_eq!(self.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
        assert!(!self.repo().join(".git/worktrees").exists());
        assert!(!self.file("out/checkout").exists(), "the clone is there");
    }

    /// The events of a run in which the step came to this.
    fn prepare(&self, name: &str, verdict: &str, finished: bool) {
        let (scenario, step) = STEP.split_once('/').unwrap();
        let at = |n: u64, event: serde_json::Value| {
            let mut event = event;
            event["seq"] = json!(n);
            event["ts"] = json!("2026-01-02T03:04:05.000000Z");
            event["at"] = json!(n * 100);
            format!("{event}\n")
        };
        let of_step = |mut event: serde_json::Value| {
            event["scenario"] = json!(scenario);
            event["step"] = json!(step);
            event
        };
        let plan = json!([{ "id": scenario, "steps": [{ "id": step }] }]);
        let outcome = if verdict == "error" { "error" } else { "failed" };
        let started = json!({ "schema": 1, "type": "run-started", "plan": plan });
        let events = [
            at(0, started),
            at(1, of_step(json!({ "type": "step-started", "attempt": 1, "budgetMs": 1000 }))),
            at(
                2,
                of_step(json!({ "type": "evidence", "kind": "http",
                "summary": format!("GET /nodes: what was seen when it {verdict}") })),
            ),
            at(
                3,
                of_step(json!({ "type": "step-finished", "verdict": verdict, "attempt": 1,
                "message": format!("the message of {verdict}"), "durationMs": 200.0 })),
            ),
            at(
                4,
                json!({ "type": "run-finished", "outcome": outcome, "exitCode": 1,
                "durationMs": 400.0 }),
            ),
        ];
        let kept = if finished { 5 } else { 4 };
        fs::write(self.file(&format!("{name}.jsonl")), events[..kept].concat()).unwrap();
    }
}

pub fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

pub fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
