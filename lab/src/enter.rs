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
    process::Command,
};

use anyhow::{Context, Result};
use nix::{
    sched::{CloneFlags, setns},
    sys::{
        signal::{SigSet, Signal, kill},
        signalfd::SignalFd,
    },
    unistd::Pid,
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
    let mut child = Command::new(&program)
        .args(args)
        .envs(environment)
        .current_dir(folder)
        .spawn()
        .with_context(|| format!("execute {}", program.display()))?;
    // Only now: the command would inherit the mask.
    let mut set = SigSet::empty();
    for signal in [
        Signal::SIGCHLD,
        Signal::SIGTERM,
        Signal::SIGUSR1,
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGHUP,
    ] {
        set.add(signal);
    }
    set.thread_block().context("block signals")?;
    let signals = SignalFd::new(&set).context("take signals")?;
    let pid = Pid::from_raw(child.id().cast_signed());
    loop {
        if let Some(status) = child.try_wait().context("wait for the command")? {
            return Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)));
        }
        let signal = signals.read_signal().context("wait for signals")?;
        match signal.and_then(|info| Signal::try_from(info.ssi_signo.cast_signed()).ok()) {
            Some(Signal::SIGTERM) => drop(kill(pid, Signal::SIGINT)),
            Some(Signal::SIGUSR1) => drop(kill(pid, Signal::SIGKILL)),
            _ => {}
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
