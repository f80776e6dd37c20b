//! What is found, what is skipped, and what is said of it.

use std::fs;

use serde_json::Value;

use super::{
    Platform,
    platform::{code, read, text},
};

const GOOD: &str = "verdict=passed";
const BAD: &str = "verdict=failed";

/// Commits by what their gateway is; the ids, in order.
fn history(platform: &Platform, gateways: &[&str]) -> Vec<String> {
    let commit = |(n, gateway): (usize, &&str)| platform.commit(&format!("Change {n}"), gateway);
    gateways.iter().enumerate().map(commit).collect()
}

#[test]
fn the_commit_is_found_and_the_evidence_kept() {
    let platform = Platform::new();
    let ids = history(&platform, &[GOOD, GOOD, GOOD, "verdict=skipped", GOOD, BAD, BAD, BAD]);
    let output = platform.bisect(&ids[0], &ids[7], &[]).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(code(&output), Some(0), "{}", text(&output));
    for told in [
        format!("commit   {}", ids[5]),
        "author   A. Developer <dev@example.org>".to_owned(),
        "subject  Change 5".to_owned(),
        "step     basic-workflow/nodes-registered".to_owned(),
    ] {
        assert!(printed.contains(&told), "{told}: {printed}");
    }
    // Both sides on one line.
    let pair = printed.lines().find(|line| line.contains("what was seen when it passed")).unwrap();
    assert!(pair.contains("passed") && printed.contains("the message of failed"), "{printed}");
    platform.is_untouched(&ids[7]);

    let record: Value = serde_json::from_str(&read(&platform.file("out/bisect.json"))).unwrap();
    assert_eq!(record["firstBad"], ids[5].as_str());
    let log = platform.log();
    for entry in record["commits"].as_array().unwrap() {
        let id = &entry["commit"].as_str().unwrap()[..9];
        assert!(log.contains(&format!("{id}  {}", entry["judgement"].as_str().unwrap())), "{log}");
    }
    let git = read(&platform.file("out/git-bisect.log"));
    assert!(git.contains(&format!("# first bad commit: [{}]", ids[5])), "{git}");
    for (side, verdict) in [("good", "passed"), ("bad", "failed")] {
        let events = read(&platform.file(&format!("out/{side}/run-1/events.jsonl")));
        assert!(events.contains(&format!("the message of {verdict}")), "{side}");
    }
    assert!(printed.contains(&read(&platform.file("out/evidence.txt"))));
}

#[test]
fn what_cannot_be_judged_is_skipped_and_not_blamed() {
    let platform = Platform::new();
    let gateways = [
        GOOD,
        "verdict=skipped",
        "verdict=incomplete",
        "verdict=error",
        "verdict=none",
        GOOD,
        BAD,
        BAD,
        BAD,
        BAD,
    ];
    let ids = history(&platform, &gateways);
    // The build of one commit fails, and another one's leaves no program.
    let build = format!(
        "case $PERSYS_COMMIT in {}) echo it breaks; exit 7;; {}) exit 0;; esac; {}",
        ids[7],
        ids[8],
        super::platform::BUILD
    );
    let words = platform.judging_with(&build);
    let mut command = platform.verifier(&["bisect", "--repo", "repo", "--results", "out"]);
    let output = command.args(["--good", &ids[0], "--bad", &ids[9]]).args(words).output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", text(&output));
    assert!(text(&output).contains(&format!("commit   {}", ids[6])), "{}", text(&output));
    let record: Value = serde_json::from_str(&read(&platform.file("out/bisect.json"))).unwrap();
    for entry in record["commits"].as_array().unwrap() {
        let n = ids.iter().position(|id| entry["commit"] == id.as_str()).unwrap();
        let (wanted, why) = match n {
            0 | 5 => ("good", "passed in"),
            6 | 9 => ("bad", "the message of failed"),
            1 => ("skip", "the step was skipped: the message of skipped"),
            2 => ("skip", "twice: the run is incomplete"),
            3 => ("skip", "twice: the step ended in an error: the message of error"),
            4 => ("skip", "twice: the run left no results"),
            7 => ("skip", "does not build: exit status: 7: it breaks"),
            _ => ("skip", "does not build: the build left no api-gateway in bin"),
        };
        assert_eq!(entry["judgement"], wanted, "{n}: {entry}");
        assert!(entry["reason"].as_str().unwrap().starts_with(why), "{n}: {entry}");
    }
}

#[test]
fn where_all_that_is_left_was_skipped_the_candidates_are_named() {
    let platform = Platform::new();
    let ids = history(&platform, &[GOOD, "verdict=skipped", BAD]);
    let output = platform.bisect(&ids[0], &ids[2], &[]).output().unwrap();
    assert_eq!(code(&output), Some(125), "{}", text(&output));
    for id in &ids[1..] {
        assert!(text(&output).contains(&id[..9]), "{}", text(&output));
    }
    platform.is_untouched(&ids[2]);
}

#[test]
fn ends_that_are_not_what_they_are_said_to_be_are_told() {
    let platform = Platform::new();
    let ids = history(&platform, &[GOOD, GOOD, BAD, BAD, "verdict=skipped"]);
    for (good, bad, exit, told) in [
        (2, 3, 2, "the good end"),
        (0, 1, 2, "say --repeat N"),
        (0, 4, 125, "the bad end"),
        (3, 0, 2, "is no ancestor of"),
        (3, 3, 2, "is no ancestor of"),
    ] {
        let _ = fs::remove_dir_all(platform.file("out"));
        let output = platform.bisect(&ids[good], &ids[bad], &[]).output().unwrap();
        assert_eq!(code(&output), Some(exit), "{good} {bad}: {}", text(&output));
        assert!(text(&output).contains(told), "{told}: {}", text(&output));
    }
}

#[test]
fn mistakes_are_told_before_anything_is_built() {
    let platform = Platform::new();
    let ids = history(&platform, &[GOOD, BAD]);
    let elsewhere = |repo: &str, step: &str| {
        let topology = platform.file("topology.json");
        let mut command = platform.verifier(&["bisect", "--repo", repo, "--step", step]);
        command.args(["--good", &ids[0], "--bad", &ids[1], "--results", "out", "--topology"]);
        command.arg(topology);
        command
    };
    for (mut command, told) in [
        (platform.bisect("nonesuch", &ids[1], &[]), "--good nonesuch: repo has no such commit"),
        (
            platform.bisect(&ids[0], &ids[1], &["--bin-dir", "/usr/bin"]),
            "name a folder below the platform's top folder",
        ),
        (elsewhere(".", super::STEP), "--repo .: is no git repository"),
        (elsewhere("nowhere", super::STEP), "--repo nowhere: there is no such folder"),
        (elsewhere("repo", "basic-workflow/nodes-registred"), "did you mean"),
        (elsewhere("repo", "basic-workflow"), "name one step as SCENARIO/STEP"),
    ] {
        let _ = fs::remove_dir_all(platform.file("out"));
        let output = command.output().unwrap();
        assert_eq!(code(&output), Some(2), "{told}: {}", text(&output));
        assert!(text(&output).contains(told), "{told}: {}", text(&output));
    }
}

/// Fails at every third run.
const SOMETIMES: &str = "n=$(($(cat \"$here/n\" 2>/dev/null || echo 0) + 1)); echo $n >\"$here/n\"
[ $((n % 3)) = 0 ] && verdict=failed || verdict=passed";

#[test]
fn what_fails_only_sometimes_is_found_by_repeating() {
    let platform = Platform::new();
    let ids = history(&platform, &[GOOD, GOOD, GOOD, SOMETIMES, SOMETIMES, SOMETIMES]);
    let output = platform.bisect(&ids[0], &ids[5], &["--repeat", "3"]).output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", text(&output));
    assert!(text(&output).contains(&format!("commit   {}", ids[3])), "{}", text(&output));
}

#[test]
fn an_incomplete_run_has_a_second_try() {
    let platform = Platform::new();
    let once =
        "[ -e \"$here/tried\" ] && verdict=passed || verdict=incomplete; touch \"$here/tried\"";
    let ids = history(&platform, &[once, BAD]);
    let output = platform.bisect(&ids[0], &ids[1], &[]).output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", text(&output));
    assert!(text(&output).contains(&format!("commit   {}", ids[1])), "{}", text(&output));
}

#[test]
fn with_first_parent_a_merge_is_blamed_as_a_whole() {
    let platform = Platform::new();
    let good = platform.commit("Begin", GOOD);
    platform.git(&["checkout", "--quiet", "-b", "topic"]);
    platform.commit("Break it", BAD);
    platform.git(&["checkout", "--quiet", "main"]);
    platform.commit("Go on", GOOD);
    platform.git(&["merge", "--quiet", "--no-ff", "-X", "theirs", "-m", "Merge topic", "topic"]);
    fs::write(platform.repo().join("gateway"), format!("{BAD}\n")).unwrap();
    platform.git(&["commit", "--quiet", "--all", "--amend", "--message", "Merge topic"]);
    let bad = platform.git(&["rev-parse", "HEAD"]);
    for (more, subject) in [(&["--first-parent"][..], "Merge topic"), (&[], "Break it")] {
        let _ = fs::remove_dir_all(platform.file("out"));
        let output = platform.bisect(&good, &bad, more).output().unwrap();
        let printed = text(&output);
        assert!(printed.contains(&format!("subject  {subject}")), "{more:?}: {printed}");
    }
}

#[test]
fn a_folder_of_the_repository_and_another_worktree_of_it_will_do() {
    let platform = Platform::new();
    fs::create_dir(platform.repo().join("docs")).unwrap();
    fs::write(platform.repo().join("docs/text"), "x").unwrap();
    let ids = history(&platform, &[GOOD, BAD]);
    let worktree = platform.file("worktree");
    platform.git(&["worktree", "add", "--quiet", "--detach", worktree.to_str().unwrap()]);
    for folder in ["repo/docs", "worktree"] {
        let _ = fs::remove_dir_all(platform.file("out"));
        let mut command = platform.verifier(&["bisect", "--repo", folder, "--results", "out"]);
        command.args(["--good", &ids[0], "--bad", &ids[1]]).args(platform.judging());
        let output = command.output().unwrap();
        assert_eq!(code(&output), Some(0), "{folder}: {}", text(&output));
    }
}
