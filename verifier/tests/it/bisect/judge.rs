//! `judge`, by itself and under `git bisect run`.

use std::process::Command;

use super::{
    Platform,
    platform::{code, text},
};

fn judge(platform: &Platform, repo: &str) -> Command {
    let mut command = platform.verifier(&["judge", "--repo", repo]);
    command.args(platform.judging());
    command
}

#[test]
fn the_exit_codes_are_those_that_git_expects() {
    let platform = Platform::new();
    for (gateway, exit) in [
        ("verdict=passed", 0),
        ("verdict=failed", 1),
        ("verdict=skipped", 125),
        ("verdict=incomplete", 125),
        ("verdict=none", 125),
    ] {
        platform.commit(gateway, gateway);
        let output = judge(&platform, "repo").output().unwrap();
        assert_eq!(code(&output), Some(exit), "{gateway}: {}", text(&output));
    }
    // git would blame a commit for every other code below 128.
    let output = judge(&platform, "nowhere").output().unwrap();
    assert_eq!(code(&output), Some(128), "{}", text(&output));
    let output = platform.verifier(&["judge", "--no-such-option"]).output().unwrap();
    assert_eq!(code(&output), Some(128), "{}", text(&output));
}

#[test]
fn git_bisect_run_finds_the_commit_with_it() {
    let platform = Platform::new();
    let mut ids = Vec::new();
    for n in 0..8 {
        let gateway = match n {
            0..5 => "verdict=passed",
            _ => "verdict=failed",
        };
        ids.push(platform.commit(&format!("Change {n}"), gateway));
    }
    platform.git(&["bisect", "start", "main", &ids[0]]);
    let command = judge(&platform, ".");
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let words: Vec<&str> = words.map(|word| word.to_str().unwrap()).collect();
    let results = platform.file("judged-$(git rev-parse HEAD)");
    let line: Vec<_> = words.iter().map(|word| shlex::try_quote(word).unwrap()).collect();
    let line = format!("{} --results {}", line.join(" "), results.display());
    let said = platform.git(&["bisect", "run", "sh", "-c", &line]);
    assert!(said.contains(&format!("{} is the first bad commit", ids[5])), "{said}");
}
