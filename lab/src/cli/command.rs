//! A command on a machine, run with this process's terminal.

use std::{
    path::Path,
    process::ExitStatus,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    time::sleep_until,
};

use crate::signals::{Interrupt, Signals};

/// What the command gets to write its reports after it was interrupted.
const LAST_WORDS: Duration = Duration::from_secs(60);

pub struct OnMachine {
    child: Child,
}

impl OnMachine {
    /// `machine` is its PID 1 as this process sees it.
    pub fn start(
        machine: u32,
        folder: &Path,
        environment: &[(String, String)],
        command: &[String],
    ) -> Result<Self> {
        let child = Command::new(std::env::current_exe().context("find this program")?)
            .arg("__enter")
            .arg(machine.to_string())
            .arg(folder)
            .arg("--")
            .args(command)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .spawn()
            .context("start the command")?;
        Ok(Self { child })
    }

    /// Interrupted once, the command may end by itself; twice, it is ended.
    pub async fn wait(&mut self, signals: &Signals) -> Result<Ended> {
        let mut give_up: Option<Instant> = None;
        let far = Instant::now() + Duration::from_secs(365 * 24 * 3600);
        loop {
            tokio::select! {
                status = self.child.wait() => {
                    let status = status.context("wait for the command")?;
                    return Ok(Ended { status, interrupted: give_up.is_some() });
                }
                interrupt = signals.next() => match give_up {
                    None => {
                        give_up = Some(Instant::now() + LAST_WORDS);
                        self.interrupt(interrupt);
                    }
                    Some(_) => self.send(Signal::SIGUSR1),
                },
                () = sleep_until(give_up.unwrap_or(far).into()) => {
                    give_up = Some(Instant::now() + LAST_WORDS);
                    self.send(Signal::SIGUSR1);
                }
            }
        }
    }

    /// Ctrl-C has reached the command by itself.
    fn interrupt(&self, interrupt: Interrupt) {
        if !interrupt.from_terminal {
            self.send(Signal::SIGTERM);
        }
    }

    pub fn send(&self, signal: Signal) {
        if let Some(pid) = self.child.id() {
            // It may have ended in between.
            let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
        }
    }
}

pub struct Ended {
    pub status: ExitStatus,
    pub interrupted: bool,
}

impl Ended {
    /// The keeper of the command passes a signal on as 128 + n.
    pub fn by_signal(&self) -> bool {
        self.status.code().is_none_or(|code| code > 128)
    }
}
