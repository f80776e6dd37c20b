//! `persys-lab run --labs N`: the verifier's scenarios in several labs at the same time, and
//! one verdict.
//!
//! Each lab is a `persys-lab run` of its own with a share of the scenarios. They end with this
//! process, by whatever signal, and so does everything in them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use tokio::{process::Command, task::JoinSet};

use super::{
    again::{self, own_options},
    args::Run,
    diagnose, exit,
    part::{self, Ended, Part},
    run::{clean_up_after_the_dead, complain, default_results, point_latest_at},
    say::say,
    verifier::{refused, value_of, verifier_command},
};
use crate::{
    paths,
    plan::{self, Programs},
    signals::Signals,
};

const LOCK: &str = "exclusive.lock";

pub async fn run(args: &Run) -> Result<u8> {
    if let Some(mistake) = mistake(args) {
        say(mistake);
        return Ok(exit::USAGE);
    }
    if plan::read_topology(&args.lab.topology).map_err(complain).is_err() {
        return Ok(exit::USAGE);
    }
    if !diagnose::fit(&args.lab) {
        return Ok(exit::LAB_FAILED);
    }
    let signals = Signals::take().context("take signals")?;
    clean_up_after_the_dead();
    let verifier = Programs::find(&args.lab)?.verifier;
    if let Some(code) = refused(&args.command, &verifier, &args.lab.topology)? {
        return Ok(code);
    }
    // Each lab has this name and its number, as its lines and its share have.
    let name = args.lab.name.clone().unwrap_or_else(|| format!("labs-{}", std::process::id()));
    let fallback = default_results(&name);
    let results = args.results.as_deref().unwrap_or(&fallback);
    let results = paths::real(results).with_context(|| format!("find {}", results.display()))?;
    if results.join("events.jsonl").exists() || shard(&results, 1).exists() {
        let results = results.display();
        say(format_args!("{results} holds the results of another run; name an empty folder"));
        return Ok(exit::USAGE);
    }
    fs::create_dir_all(&results).with_context(|| format!("make {}", results.display()))?;
    let (ends, interrupted) = verify(args, &name, &results, &signals).await?;
    // The labs are gone, and with them all who held it.
    let _ = fs::remove_file(results.join(LOCK));
    if results == fallback {
        point_latest_at(&results);
    }
    if let Some(ended) = ends.iter().find(|ended| !has_record(&results, ended.index)) {
        ended.told.iter().for_each(|line| println!("{line}"));
        if interrupted {
            say(format_args!("interrupted before every verifier began; see {}", results.display()));
            return Ok(exit::INTERRUPTED);
        }
        if let Some(why) = &ended.complaint {
            say(format_args!("lab {} failed: {why}", ended.index));
        }
        return Ok(ended.code);
    }
    let code = merge(&verifier, args.labs, &results).await?;
    // As a lone lab has it: who was interrupted twice has no complete run either.
    let cut_off = interrupted && code == exit::LAB_FAILED;
    Ok(if cut_off { exit::INTERRUPTED } else { code })
}

/// What cannot be meant.
fn mistake(args: &Run) -> Option<String> {
    if verifier_command(&args.command) != Some("run") {
        let command = args.command.join(" ");
        return Some(format!(
            "--labs shares the verifier's scenarios, and `{command}` is not the verifier's `run`; \
             leave --labs away"
        ));
    }
    if args.hold_on_failure {
        return Some(
            "--hold-on-failure keeps one lab up, and --labs has several; leave one of them away"
                .to_owned(),
        );
    }
    let given = |flag: &str| value_of(&args.command, flag).is_some();
    if given("--results") {
        return Some("--labs has a folder for each lab; give --results before the --".to_owned());
    }
    let taken = ["--shard", "--exclusive-lock"].into_iter().find(|flag| given(flag))?;
    Some(format!("--labs gives each verifier its own {taken}; leave it away"))
}

/// Comes back when all labs have ended, the earliest first, and says whether it was
/// interrupted.
async fn verify(
    args: &Run,
    name: &str,
    results: &Path,
    signals: &Signals,
) -> Result<(Vec<Ended>, bool)> {
    let options = own_options();
    let seed = value_of(&args.command, "--seed");
    let seed = seed.unwrap_or_else(|| rand::random::<u32>().to_string());
    let mut labs = JoinSet::new();
    let mut orders = Vec::new();
    for index in 1..=args.labs {
        let mut lab = Command::new(env::current_exe().context("find this program")?);
        lab.args(["run", "--parent", &std::process::id().to_string()]).args(&options);
        lab.env(again::VARIABLE, again::command(&args.command));
        lab.arg("--results").arg(shard(results, index));
        lab.arg("--exclusive-lock").arg(results.join(LOCK));
        lab.args(["--name", &format!("{name}-{index}")]);
        lab.arg("--").args(&args.command);
        if value_of(&args.command, "--seed").is_none() {
            lab.args(["--seed", &seed]);
        }
        lab.args(["--shard", &format!("{index}/{}", args.labs)]);
        lab.arg("--exclusive-lock").arg(results.join(LOCK));
        let part = Part::start(index, lab)?;
        orders.push(part.orders.clone());
        labs.spawn_local(part.wait());
    }
    // Who has ended hears nothing any more.
    let end_all = || orders.iter().for_each(|part| drop(part.send(part::Order::End)));
    let (mut ends, mut signalled, mut downed, mut given_up) = (Vec::new(), false, false, false);
    loop {
        tokio::select! {
            ended = labs.join_next() => {
                let Some(ended) = ended else { return Ok((ends, signalled || downed)) };
                let ended = ended.context("wait for a lab")??;
                // By order of `down`; who was given up is not interrupted by anybody.
                downed |= ended.code == exit::INTERRUPTED && !given_up;
                // Without its share there is no verdict, so the others need not go on.
                if !signalled && !given_up && !has_record(results, ended.index) {
                    given_up = true;
                    end_all();
                }
                ends.push(ended);
            }
            interrupt = signals.next() => {
                signalled = true;
                // Ctrl-C has reached them by itself.
                if !interrupt.from_terminal {
                    end_all();
                }
            }
        }
    }
}

/// The verifier's own command: its digest is the last word.
async fn merge(verifier: &Path, labs: u32, results: &Path) -> Result<u8> {
    let mut command = Command::new(verifier);
    command.arg("merge").args((1..=labs).map(|index| shard(results, index)));
    command.arg("--results").arg(results);
    let status = command.status().await.context("run the verifier to merge the results")?;
    Ok(part::code(status))
}

fn shard(results: &Path, index: u32) -> PathBuf {
    results.join(format!("shard-{index}"))
}

fn has_record(results: &Path, index: u32) -> bool {
    shard(results, index).join("events.jsonl").exists()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn parsed(words: &[&str]) -> Run {
        let cli = Cli::try_parse_from(["persys-lab", "run"].iter().chain(words)).unwrap();
        let Command::Run(run) = cli.command else { panic!("it is run") };
        run
    }

    #[test]
    fn mistakes_are_told_with_their_mend() {
        let told = |words: &[&str]| mistake(&parsed(&[&["--labs", "2"], words].concat()));
        assert_eq!(told(&[]), None);
        assert_eq!(told(&["--", "run", "--profile", "full"]), None);
        for (words, part) in [
            (&["--", "sh", "-c", "true"][..], "`sh -c true` is not the verifier's `run`"),
            (&["--", "persys-verifier", "list"], "leave --labs away"),
            (&["--hold-on-failure"], "keeps one lab up"),
            (&["--", "run", "--results", "r"], "give --results before the --"),
            (&["--", "run", "--shard=1/2"], "its own --shard; leave it away"),
            (&["--", "run", "--exclusive-lock", "f"], "its own --exclusive-lock; leave it away"),
        ] {
            let told = told(words).unwrap_or_default();
            assert!(told.contains(part), "{words:?}: {told}");
        }
    }
}
