//! Runs a command on a machine, with this terminal: joins the machine's
//! namespaces, starts the command there and waits for it.
//!
//! It ends after its command in any case: a machine is gone only when all of its
//! processes were waited for. The machine's end ends the command.
//!
//! SIGTERM to this process becomes SIGINT to the command; SIGUSR1 ends it. What
//! the terminal sends, the command gets by itself.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use nix::{
    sched::{CloneFlags, setns},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
};

use crate::paths;

/// Comes back with the command's exit code, 128 + n when signal n ended it.
pub fn run(machine: u32, folder: &Path, command: &[String]) -> Result<i32> {
    join(machine)?;
    let environment = fs::read(paths::ENVIRONMENT).context("read the machine's environment")?;
    let environment: BTreeMap<String, String> =
        serde_json::from_slice(&environment).context("understand the machine's environment")?;
    let folder = if folder.is_dir() { folder } else { Path::new(paths::HOME) };
    let (program, args) = command.split_first().context("find the command: none is given")?;
    let program = resolve(program, &environment);
    let mut command = Command::new(&program);
    command.args(args).envs(environment).current_dir(folder);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start the runtime")?
        .block_on(keep(command, &program))
}

/// Signals are handled from before the command's start, so that none of them can
/// end this process first. Unlike a mask, the command does not inherit handlers.
async fn keep(mut command: Command, program: &Path) -> Result<i32> {
    let take = |kind| signal(kind).context("take signals");
    let mut interrupt = take(SignalKind::terminate())?;
    let mut end = take(SignalKind::user_defined1())?;
    // The command gets these by itself.
    let _from_terminal =
        [take(SignalKind::interrupt())?, take(SignalKind::quit())?, take(SignalKind::hangup())?];
    let mut child = command.spawn().with_context(|| format!("execute {}", program.display()))?;
    let pid = child.id().map(|id| Pid::from_raw(id.cast_signed()));
    let send = |signal| pid.map(|pid| kill(pid, signal));
    loop {
        tokio::select! {
            status = child.wait() => {
                let status = status.context("wait for the command")?;
                return Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)));
            }
            // It may have ended in between.
            _ = interrupt.recv() => drop(send(Signal::SIGINT)),
            _ = end.recv() => drop(send(Signal::SIGKILL)),
        }
    }
}

/// Processes that are started from now on are on the machine.
fn join(machine: u32) -> Result<()> {
    let namespaces = [
        ("net", CloneFlags::CLONE_NEWNET),
        ("uts", CloneFlags::CLONE_NEWUTS),
        ("ipc", CloneFlags::CLONE_NEWIPC),
        ("pid", CloneFlags::CLONE_NEWPID),
        ("mnt", CloneFlags::CLONE_NEWNS),
    ];
    // All are opened first: with the mounts changes what `/proc` shows.
    let mut open = Vec::new();
    for (name, kind) in namespaces {
        let path = format!("/proc/{machine}/ns/{name}");
        open.push((File::open(&path).with_context(|| format!("open {path}"))?, kind));
    }
    for (namespace, kind) in open {
        setns(namespace, kind).context("join the machine")?;
    }
    Ok(())
}

/// A name without a folder is looked for where the machine's commands are.
fn resolve(program: &str, environment: &BTreeMap<String, String>) -> PathBuf {
    if program.contains('/') {
        return program.into();
    }
    environment
        .get("PATH")
        .into_iter()
        .flat_map(env::split_paths)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| program.into())
}
