//! The back end with virtual machines, with a stand-in for Nix that notes what it
//! was asked and answers by the commit's gateway.

use std::{env, fs, os::unix::fs::PermissionsExt, process::Command};

use super::{
    Platform,
    platform::{STEP, code, read, text},
};

const NIX: &str = r#"#!/bin/sh
here=$(dirname "$0")/..
echo "$@" >>"$here/asked"
while [ $# -gt 0 ]; do
  case $1 in --override-input) input=$3;; --out-link) link=$2;; eval) verb=eval;; esac
  shift
done
clone=${input#git+file://}; rev=${clone##*rev=}; clone=${clone%%\?*}
[ "$(git -C "$clone" rev-parse HEAD)" = "$rev" ] || { echo "not checked out"; exit 1; }
. "$clone/gateway"
[ "$verdict" = syntax ] && { echo "error: undefined variable"; exit 1; }
[ "$verb" = eval ] && exit 0
[ "$verdict" = broken ] && { echo "error: builder failed"; exit 1; }
mkdir -p "$link.out/group" && cp "$here/$verdict.jsonl" "$link.out/group/events.jsonl"
ln -sfn "$link.out" "$link"
"#;

fn bisect(platform: &Platform, good: &str, bad: &str, more: &[&str]) -> Command {
    let bin = platform.file("nix-bin");
    fs::create_dir_all(&bin).unwrap();
    fs::write(bin.join("nix"), NIX).unwrap();
    fs::set_permissions(bin.join("nix"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = platform.verifier(&["bisect", "--backend", "vm", "--repo", "repo"]);
    command.args(["--step", STEP, "--suite", "github:example/suite", "--results", "out"]);
    command.args(["--good", good, "--bad", bad]).args(more);
    let path =
        env::join_paths([bin].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())));
    command.env("PATH", path.unwrap());
    command
}

#[test]
fn the_suite_stays_fixed_while_the_platform_moves() {
    let platform = Platform::new();
    let gateways = ["passed", "syntax", "passed", "broken", "passed", "failed", "failed", "failed"];
    let commit = |verdict: &&str| platform.commit(verdict, &format!("verdict={verdict}"));
    let ids: Vec<String> = gateways.iter().map(commit).collect();
    let output = bisect(&platform, &ids[0], &ids[7], &[]).output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", text(&output));
    assert!(text(&output).contains(&format!("commit   {}", ids[5])), "{}", text(&output));
    platform.is_untouched(&ids[7]);
    let asked = read(&platform.file("asked"));
    let report = format!(
        "github:example/suite#checks.{}-linux.basic-workflow.report --override-input platform git+file://",
        env::consts::ARCH
    );
    assert!(asked.lines().any(|line| line.contains(&report)), "{asked}");
    for (n, id) in ids.iter().enumerate() {
        let times = asked.lines().filter(|line| line.contains(id.as_str())).count();
        // A commit that does not evaluate is not built, and a build has two tries.
        let most = [2, 1, 2, 3, 2, 2, 2, 2][n];
        assert!(times <= most, "{n}: asked {times} times: {asked}");
    }
}

#[test]
fn a_commit_that_does_not_build_is_not_blamed() {
    let platform = Platform::new();
    for (verdict, told) in [("syntax", "does not evaluate"), ("broken", "twice: nix build")] {
        let good = platform.commit("Good", "verdict=passed");
        let bad = platform.commit("Bad", &format!("verdict={verdict}"));
        let _ = fs::remove_dir_all(platform.file("out"));
        let output = bisect(&platform, &good, &bad, &[]).output().unwrap();
        assert_eq!(code(&output), Some(125), "{}", text(&output));
        assert!(text(&output).contains(told), "{told}: {}", text(&output));
    }
    let _ = fs::remove_dir_all(platform.file("out"));
    let output = bisect(&platform, "main~1", "main", &["--repeat", "2"]).output().unwrap();
    assert_eq!(code(&output), Some(2), "{}", text(&output));
}
