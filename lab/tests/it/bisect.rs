//! A regression of a platform is hunted down in labs. The platform's repository is
//! made here: its build links the reference's programs, which is quick, and from one
//! commit on wraps the agent so that it breaks a promise. Needs the other crates'
//! programs beside this one (`cargo build --workspace --bins`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::lab::{checkout, text};

const STEP: &str = "authentication/hmac-vectors-accepted";
const COMMITS: usize = 30;
const BROKEN_FROM: usize = 19;
const DO_NOT_BUILD: [usize; 4] = [5, 14, 21, 24];

/// Links, wraps or fails, as the commit's file `agent` says.
const BUILD: &str = r#"#!/bin/sh
set -e
mkdir -p "$PERSYS_BIN_DIR"
for name in api-gateway prow-scheduler persys-cli; do
  ln -sf "$REFERENCE/$name" "$PERSYS_BIN_DIR/$name"
done
case $(cat agent) in
  broken) echo 'agent.rs:7: expected `;`'; exit 1;;
  well) ln -sf "$REFERENCE/persys-agent" "$PERSYS_BIN_DIR/persys-agent";;
  wrong-secret)
    printf '#!/bin/sh\nexec env AGENT_SECRET_FILE=/etc/hostname %s/persys-agent "$@"\n' \
      "$REFERENCE" >"$PERSYS_BIN_DIR/persys-agent"
    chmod +x "$PERSYS_BIN_DIR/persys-agent";;
esac
"#;

fn programs() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_persys-lab")).parent().unwrap().to_owned()
}

#[track_caller]
fn git(repo: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    for (name, value) in [("NAME", "A. Developer"), ("EMAIL", "dev@example.org")] {
        command.env(format!("GIT_AUTHOR_{name}"), value);
        command.env(format!("GIT_COMMITTER_{name}"), value);
    }
    let output = command.arg("-C").arg(repo).args(words).output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The ids of the commits, the first one at 0.
fn history(repo: &Path) -> Vec<String> {
    fs::create_dir(repo).unwrap();
    git(repo, &["init", "--quiet", "--initial-branch=main"]);
    fs::write(repo.join("build"), BUILD).unwrap();
    fs::write(repo.join(".gitignore"), "bin/\n").unwrap();
    let commit = |n: usize| {
        let agent = match n {
            n if DO_NOT_BUILD.contains(&n) => "broken",
            BROKEN_FROM.. => "wrong-secret",
            _ => "well",
        };
        fs::write(repo.join("agent"), agent).unwrap();
        fs::write(repo.join("number"), n.to_string()).unwrap();
        git(repo, &["add", "--all"]);
        git(repo, &["commit", "--quiet", "--message", &format!("Change {n}")]);
        git(repo, &["rev-parse", "HEAD"])
    };
    (0..COMMITS).map(commit).collect()
}

#[test]
fn the_commit_that_broke_a_promise_is_found_in_labs() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (repo, out) = (folder.path().join("platform"), folder.path().join("out"));
    let ids = history(&repo);
    let output = Command::new(programs().join("persys-verifier"))
        .args(["bisect", "--good", &ids[0], "--bad", &ids[COMMITS - 1], "--step", STEP])
        .args(["--build", "sh ./build", "--bin-dir", "bin", "--repo"])
        .arg(&repo)
        .arg("--results")
        .arg(&out)
        .env("REFERENCE", programs())
        .env_remove("PERSYS_TOPOLOGY")
        .current_dir(checkout())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = text(&output);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    let found = &ids[BROKEN_FROM];
    let subject = format!("subject  Change {BROKEN_FROM}");
    for told in [&format!("commit   {found}"), &subject, "expected 200, got 401", "bad_signature"] {
        assert!(printed.contains(told), "{told}: {printed}");
    }
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let record: Value = serde_json::from_str(&read("bisect.json")).unwrap();
    let commits = record["commits"].as_array().unwrap();
    assert!(commits.len() <= 12, "a bisection looks at few of {COMMITS}: {printed}");
    for entry in commits {
        let n = ids.iter().position(|id| entry["commit"] == id.as_str()).unwrap();
        let wanted = match n {
            n if DO_NOT_BUILD.contains(&n) => "skip",
            BROKEN_FROM.. => "bad",
            _ => "good",
        };
        assert_eq!(entry["judgement"], wanted, "{n}: {entry}");
    }
    assert!(commits.iter().any(|entry| entry["judgement"] == "skip"), "{printed}");
    let log = read("log");
    assert!(log.contains("does not build: exit status: 1: agent.rs:7: expected `;`"), "{log}");
    assert!(read("git-bisect.log").contains(&format!("# first bad commit: [{found}]")));
    for side in ["good", "bad"] {
        assert!(read(&format!("{side}/run-1/junit.xml")).contains("<testcase"), "{side}");
        assert!(out.join(side).join("run-1/logs/agent1/persys-agent.log").is_file(), "{side}");
    }
    assert!(!out.join("checkout").exists(), "the clone is there");
    assert_eq!(git(&repo, &["rev-parse", "HEAD"]), ids[COMMITS - 1]);
    assert_eq!(git(&repo, &["status", "--porcelain", "--ignored"]), "");
}
