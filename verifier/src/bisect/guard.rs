//! A small process that outlives this one: whatever ends the bisection, SIGKILL
//! included, what it has started ends too and what it has made is removed.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, Write, stdin},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::{BisectError, child::FAREWELL};

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The other end of the guard's standard input. When it closes, the guard acts.
pub struct Guard {
    process: Mutex<Child>,
    orders: Mutex<Option<ChildStdin>>,
}

impl Guard {
    /// `folder` is removed at the end; it need not be there yet.
    pub fn start(folder: Option<&Path>) -> Result<Self, BisectError> {
        let failed = |error| BisectError::environment(format!("failed to start a guard: {error}"));
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.arg("__guard").args(folder).stdin(Stdio::piped());
        // Out of the reach of the terminal's signals.
        let mut process = command.process_group(0).spawn().map_err(failed)?;
        let orders = Mutex::new(process.stdin.take());
        Ok(Self { process: Mutex::new(process), orders })
    }

    pub(super) fn watch(&self, group: Pid) {
        self.say(&format!("watch {group}\n"));
    }

    pub(super) fn done(&self, group: Pid) {
        self.say(&format!("done {group}\n"));
    }

    /// Lets the guard do its work, and waits for it.
    pub async fn finish(self) {
        let work = tokio::task::spawn_blocking(move || {
            drop(self.orders);
            let mut process = self.process.into_inner().unwrap_or_else(PoisonError::into_inner);
            let _ = process.wait();
        });
        let _ = work.await;
    }

    fn say(&self, order: &str) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(orders) = orders.as_mut() {
            // A guard that was killed cannot be helped.
            let _ = orders.write_all(order.as_bytes());
        }
    }
}

/// The guard's own life: reads orders until there are no more, then ends and
/// removes what is left.
pub fn keep_guard(folder: Option<&Path>) {
    let mut groups = BTreeSet::new();
    for line in stdin().lock().lines().map_while(Result::ok) {
        match line.split_once(' ').and_then(|(word, id)| Some((word, id.parse::<i32>().ok()?))) {
            Some(("watch", id)) => drop(groups.insert(id)),
            Some(("done", id)) => drop(groups.remove(&id)),
            _ => {}
        }
    }
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        groups.retain(|id| killpg(Pid::from_raw(*id), signal).is_ok());
        let until = Instant::now() + FAREWELL;
        while !groups.is_empty() && Instant::now() < until {
            sleep(LOOK_EVERY);
            groups.retain(|id| killpg(Pid::from_raw(*id), None).is_ok());
        }
    }
    if let Some(folder) = folder
        && let Err(error) = fs::remove_dir_all(folder)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        eprintln!("error: failed to remove {}: {error}", folder.display());
    }
}
