//! `persys-lab run`: up, verify, down.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use persys_contract::topology::MachineRole;
use tokio::time::timeout;

use super::{
    again,
    args::Run,
    command::{Ended, OnMachine},
    diagnose, exit, part,
    say::say,
    side_by_side,
    turn::Turn,
    verifier::{VerifierCommand, refused, value_of, verifier_command},
};
use crate::{
    names,
    outermost::{Lab, News, Unready},
    paths,
    plan::{self, Programs},
    signals::Signals,
};

const TOLD_WITHIN: Duration = Duration::from_secs(1);

pub async fn run(args: Run) -> Result<u8> {
    if args.labs > 1 {
        return side_by_side::run(&args).await;
    }
    if let Some(parent) = args.parent {
        part::end_with(parent)?;
    }
    let Ok(topology) = plan::read_topology(&args.lab.topology).map_err(complain) else {
        return Ok(exit::USAGE);
    };
    if !diagnose::fit(&args.lab) {
        return Ok(exit::LAB_FAILED);
    }
    let signals = Signals::take().context("take signals")?;
    clean_up_after_the_dead();
    let programs = Programs::find(&args.lab)?;
    if let Some(code) = refused(&args.command, &programs.verifier, &args.lab.topology)? {
        return Ok(code);
    }
    let claim = names::claim(args.lab.name.as_deref())?;
    let fallback = default_results(&claim.name);
    let command = VerifierCommand::new(
        &args.command,
        &programs.verifier,
        args.results.as_deref(),
        &fallback,
        args.lab.dns,
    )?;
    let results = command.results.clone();
    fs::create_dir_all(&results).with_context(|| format!("make {}", results.display()))?;
    let folder = env::current_dir().context("find the working folder")?;
    let mut keep = vec![folder.clone(), results.clone()];
    // The verifier may point a link beside its results at them.
    keep.extend(results.parent().map(Path::to_owned));
    keep.extend(program(&command.words));
    keep.extend(files(&command.words));
    let client = topology.one(MachineRole::Client).0.to_owned();
    let spec = plan::plan(&claim.name, &topology, &args.lab, &programs, &keep)?;
    let turn = Turn::open(args.exclusive_lock.as_deref())?;
    if !turn.take(async { _ = signals.next().await }).await {
        return Ok(exit::INTERRUPTED);
    }
    let mut lab = Lab::start(claim, spec).await?;
    let verdict = verify(&mut lab, &args, &signals, &client, &folder, &command.words, &turn).await;
    if let Err(error) = &verdict {
        say(format_args!("failed to {error:#}"));
    }
    if !matches!(verdict, Err(_) | Ok(exit::INTERRUPTED)) {
        let enough = async {
            tokio::select! {
                _ = signals.next() => {}
                _ = lab.down.recv() => {}
            }
        };
        turn.take(enough).await;
    }
    let ended = lab.end().await;
    collect_logs(&lab, &results);
    if results == fallback {
        point_latest_at(&results);
    }
    let code = match verdict {
        Ok(code) => code,
        Err(_) => exit::LAB_FAILED,
    };
    // What is left behind takes no verdict back, and is no success either.
    match ended.map_err(complain) {
        Err(()) if code == exit::DONE => Ok(exit::LAB_FAILED),
        _ => Ok(code),
    }
}

/// Up to the verifier's end; says what went wrong and comes back with the exit code.
async fn verify(
    lab: &mut Lab,
    args: &Run,
    signals: &Signals,
    client: &str,
    folder: &Path,
    words: &[String],
    turn: &Turn,
) -> Result<u8> {
    if !bring_up(lab, args.lab.ready_within(), args.lab.verbose, signals).await? {
        return Ok(exit::INTERRUPTED);
    }
    let again = (again::VARIABLE.to_owned(), again::command(&args.command));
    let mut command = OnMachine::start(lab.machine(client)?, folder, &[again], words)?;
    // From now on the verifier's scenarios take turns.
    turn.give_back();
    let collapse = lab.collapse();
    let ended = tokio::select! {
        ended = command.wait(signals) => ended?,
        error = collapse => return Err(error),
        _ = lab.down.recv() => {
            say("ending by order of `persys-lab down`");
            return Ok(exit::INTERRUPTED);
        }
    };
    if ended.by_signal() && !ended.interrupted {
        // The lab's end ends the command, and may be told a moment later.
        if let Ok(error) = timeout(TOLD_WITHIN, lab.collapse()).await {
            return Err(error);
        }
    }
    let code = code(&ended);
    if code != exit::DONE && !ended.interrupted && args.hold_on_failure {
        say(format_args!(
            "the verifier exited {code}; the lab {} stays up until Ctrl-C: try \
             `persys-lab shell MACHINE`, `persys-lab logs MACHINE`",
            lab.name()
        ));
        tokio::select! {
            _ = signals.next() => {}
            _ = lab.down.recv() => {}
        }
    }
    Ok(code)
}

/// Says what is not as it should be. False: interrupted.
pub async fn bring_up(
    lab: &mut Lab,
    patience: Duration,
    verbose: bool,
    signals: &Signals,
) -> Result<bool> {
    let start = Instant::now();
    let tell = |news: News| {
        let after = start.elapsed().as_secs_f64();
        match news {
            News::Ready { machine, component } if verbose => {
                say(format_args!("{after:5.1} s  {component} on {machine} is ready"));
            }
            News::Ready { .. } => {}
            News::Waiting(unready) => {
                say(format_args!("{after:5.1} s  waiting for {}", unready.names()));
            }
        }
    };
    let unready = tokio::select! {
        unready = lab.wait_until_up(patience, tell) => unready?,
        _ = signals.next() => return Ok(false),
    };
    if !unready.0.is_empty() {
        say(format_args!("the platform is not ready: {}", Unready::describe(unready.0.iter())));
    }
    let name = lab.name();
    say(format_args!("lab {name} is up after {:.1} s", start.elapsed().as_secs_f64()));
    Ok(true)
}

/// What labs that were killed left behind, so that it does not pile up.
pub fn clean_up_after_the_dead() {
    for lab in super::clean::dead_labs().unwrap_or_default() {
        if let Err(error) = super::clean::clean_lab(&lab) {
            say(format_args!("failed to clean up after the lab {lab}: {error:#}"));
        }
    }
}

fn code(ended: &Ended) -> u8 {
    match ended.status.code() {
        // 128 and more: a signal ended it, so that there is no verdict.
        Some(129..) if ended.interrupted => exit::INTERRUPTED,
        Some(code @ 0..=128) | Some(code @ 130) => u8::try_from(code).unwrap_or(exit::LAB_FAILED),
        _ => exit::LAB_FAILED,
    }
}

fn collect_logs(lab: &Lab, results: &Path) {
    let Some(logs) = lab.logs() else { return };
    if let Err(error) = logs.copy_to(&results.join("logs")) {
        say(format_args!("failed to {error:#}"));
    }
}

pub fn default_results(lab: &str) -> PathBuf {
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let folder = PathBuf::from("results").join(format!("{time}-{lab}"));
    paths::real(&folder).unwrap_or(folder)
}

/// Replaces the link in one step; a run is complete without it.
pub fn point_latest_at(results: &Path) {
    let (Some(parent), Some(name)) = (results.parent(), results.file_name()) else { return };
    let next = parent.join(format!(".latest-{}", std::process::id()));
    let pointed = symlink(name, &next).and_then(|()| fs::rename(&next, parent.join("latest")));
    if let Err(error) = pointed {
        say(format_args!("failed to point results/latest at the results: {error}"));
    }
}

/// The command's program when it is named with its folder.
fn program(words: &[String]) -> Option<PathBuf> {
    let word = words.first().filter(|word| word.contains('/'))?;
    paths::real(word.as_ref()).ok()
}

/// What the verifier is to read: a plan, the results of an earlier run, or a quarantine.
fn files(words: &[String]) -> Vec<PathBuf> {
    let verifier = verifier_command(words).is_some();
    let flags = ["--plan", "--rerun", "--quarantine"].into_iter();
    let named = flags.filter_map(|flag| value_of(words, flag));
    named.filter(|_| verifier).filter_map(|file| paths::real(file.as_ref()).ok()).collect()
}

pub fn complain(error: anyhow::Error) {
    say(format_args!("failed to {error:#}"));
}
