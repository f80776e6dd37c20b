//! Programs that are run with a log, a bound in time, and no way to stay behind.

use std::{
    fs::OpenOptions,
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::{BisectError, guard::Guard};
use crate::engine::Interrupt;

/// What a program has to end in order once it is asked to. A lab needs some seconds.
pub(super) const FAREWELL: Duration = Duration::from_secs(30);

/// Variables by which git tells its hooks and commands where they are; here they
/// would lead astray.
const GIT_VARIABLES: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
];

/// How a program ended.
#[derive(Clone, Copy, Debug)]
pub enum Ended {
    Status(ExitStatus),
    TimedOut(Duration),
}

impl Ended {
    pub fn is_success(self) -> bool {
        matches!(self, Self::Status(status) if status.success())
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::TimedOut(after) => write!(f, "not done within {} s", after.as_secs()),
        }
    }
}

/// Runs programs, one at a time.
pub struct Children {
    interrupt: Interrupt,
    guard: Guard,
}

impl Children {
    pub fn new(interrupt: Interrupt, guard: Guard) -> Self {
        Self { interrupt, guard }
    }

    /// Nothing more is started; what the guard keeps is removed.
    pub async fn finish(self) {
        self.guard.finish().await;
    }

    /// Runs a program to its end, its output appended to `log`. Interrupted, it is
    /// asked to end first, and killed when it does not. Whatever it has left in its
    /// process group ends with it.
    pub async fn run(
        &self,
        mut command: Command,
        log: &Path,
        within: Duration,
    ) -> Result<Ended, BisectError> {
        let open = || OpenOptions::new().create(true).append(true).open(log);
        let failed = |error: io::Error| BisectError::io("open", log, &error);
        command.stdout(open().map_err(failed)?).stderr(open().map_err(failed)?);
        let child = self.spawn(&mut command)?;
        self.see_off(child, within).await
    }

    /// The output of a program that needs no log.
    pub async fn output(
        &self,
        mut command: Command,
        within: Duration,
    ) -> Result<(Ended, String, String), BisectError> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.spawn(&mut command)?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (ended, out, err) = tokio::join!(self.see_off(child, within), read(out), read(err));
        Ok((ended?, out, err))
    }

    fn spawn(&self, command: &mut Command) -> Result<Child, BisectError> {
        if self.interrupt.is_set() {
            return Err(BisectError::interrupted());
        }
        for variable in GIT_VARIABLES {
            command.env_remove(variable);
        }
        // A group of its own: the terminal's Ctrl-C comes here first, and from here
        // in order.
        command.stdin(Stdio::null()).process_group(0).kill_on_drop(true);
        let child = command.spawn().map_err(|error| {
            let program = command.as_std().get_program().to_string_lossy().into_owned();
            BisectError::environment(format!("failed to start {program}: {error}"))
        })?;
        if let Some(group) = group(&child) {
            self.guard.watch(group);
        }
        Ok(child)
    }

    async fn see_off(&self, mut child: Child, within: Duration) -> Result<Ended, BisectError> {
        let Some(group) = group(&child) else {
            return Err(BisectError::environment("a program ended before it began"));
        };
        let ended = tokio::select! {
            status = child.wait() => Some(status),
            () = self.interrupt.wanted() => None,
            () = sleep(within) => None,
        };
        let result = match ended {
            Some(Ok(status)) => Ok(Ended::Status(status)),
            Some(Err(error)) => {
                Err(BisectError::environment(format!("failed to wait for a program: {error}")))
            }
            None => {
                let _ = killpg(group, Signal::SIGTERM);
                tokio::select! {
                    _ = timeout(FAREWELL, child.wait()) => {}
                    () = self.interrupt.insisted() => {}
                }
                if self.interrupt.is_set() {
                    Err(BisectError::interrupted())
                } else {
                    Ok(Ended::TimedOut(within))
                }
            }
        };
        let _ = killpg(group, Signal::SIGKILL);
        let _ = child.wait().await;
        self.guard.done(group);
        result
    }
}

fn group(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw)
}

async fn read(pipe: Option<impl tokio::io::AsyncRead + Unpin>) -> String {
    let mut text = Vec::new();
    if let Some(mut pipe) = pipe {
        // What was read until it broke is shown.
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut pipe, &mut text).await;
    }
    String::from_utf8_lossy(&text).into_owned()
}
