//! The parent of the lab's PID 1. It outlives the outermost process by a moment:
//! when that ends, however it ends, the janitor ends the lab, waits until the
//! last process of it is gone and removes the control groups that Docker made.
//!
//! Should the janitor itself be killed, the lab goes with it, and the control
//! groups are left to the next run.

use std::{
    env, io,
    os::fd::AsFd,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        prctl,
        signal::{SigSet, Signal, kill},
        signalfd::{SfdFlags, SignalFd},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{Pid, setsid},
};

use crate::{cgroups, names};

/// How long a janitor of a lab of the same name that has just ended may take.
const PREDECESSOR: Duration = Duration::from_secs(20);
const REMOVAL: Duration = Duration::from_secs(10);

/// The standard input is the lab's socket to the outermost process. The janitor
/// hands it on and only watches for its end.
pub fn run(lab: &str) -> Result<()> {
    // No terminal reaches it.
    setsid().context("leave the terminal")?;
    prctl::set_child_subreaper(true).context("inherit orphans")?;
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        signals.add(signal);
    }
    signals.thread_block().context("block signals")?;
    let signals = SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .context("take signals")?;
    let _turn = names::claim_janitor(lab, PREDECESSOR)?;
    let mut init = start_init(lab)?;
    let ended = wait(&mut init, &signals);
    end_all(lab, &mut init);
    let removed = cgroups::remove(lab, REMOVAL);
    ended.and(removed)
}

/// `unshare` becomes the parent of PID 1 and takes it along when it is killed.
fn start_init(lab: &str) -> Result<Child> {
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--", "unshare"])
        .args(["--pid", "--mount", "--net", "--uts", "--ipc"])
        .args(["--fork", "--kill-child", "--mount-proc", "--"])
        .arg(env::current_exe().context("find this program")?)
        .args(["__init", lab])
        .stdin(Stdio::inherit())
        .stdout(Stdio::null())
        .spawn()
        .context("run setpriv")
}

/// Until the outermost process or PID 1 is gone, or a signal says that it is enough.
fn wait(init: &mut Child, signals: &SignalFd) -> Result<()> {
    let stdin = io::stdin();
    loop {
        // Without asking for input: that is PID 1's. The end is always told.
        let mut events = [
            PollFd::new(stdin.as_fd(), PollFlags::empty()),
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut events, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            polled => polled.context("wait for the lab's end")?,
        };
        if events[0].any() == Some(true) {
            return Ok(());
        }
        while let Ok(Some(signal)) = signals.read_signal() {
            if signal.ssi_signo != Signal::SIGCHLD as u32 {
                return Ok(());
            }
        }
        if init.try_wait().context("wait for the lab")?.is_some() {
            return Ok(());
        }
    }
}

/// PID 1 of the lab becomes a child of the janitor when `unshare` dies, and is
/// waited for only when the kernel has ended everything in its namespace.
fn end_all(lab: &str, init: &mut Child) {
    // It may be gone already.
    let _ = init.kill();
    let _ = init.wait();
    // Docker is dead by now, so nothing is paused any more after this.
    cgroups::thaw(lab);
    loop {
        match waitpid(None, Some(WaitPidFlag::empty())) {
            Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) | Err(Errno::EINTR) => {}
            Ok(status) => {
                // Stopped ones do not end by themselves.
                if let Some(pid) = status.pid() {
                    let _ = kill(Pid::from_raw(pid.as_raw()), Signal::SIGKILL);
                }
            }
            Err(_) => return,
        }
    }
}
