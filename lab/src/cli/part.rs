//! One of several labs side by side: a `persys-lab run` of which each line is marked.

use std::{
    io::{IsTerminal, Write, stderr},
    process::{ExitStatus, Stdio},
};

use anyhow::{Context, Result};
use nix::{
    sys::{
        prctl,
        signal::{Signal, kill},
    },
    unistd::{Pid, getppid},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::mpsc,
    task::{JoinHandle, spawn_local},
};

use super::exit;

/// Begins a line in which a lab says why it ends.
const COMPLAINT: &str = "persys-lab: failed to ";

pub enum Order {
    End,
}

pub struct Part {
    index: u32,
    child: Child,
    pub orders: mpsc::UnboundedSender<Order>,
    ordered: mpsc::UnboundedReceiver<Order>,
    /// The digest of a share is not shown: the one of the whole run follows.
    told: JoinHandle<Vec<String>>,
    said: JoinHandle<Option<String>>,
}

pub struct Ended {
    pub index: u32,
    pub code: u8,
    /// What was written to the standard output, for when nothing else will be.
    pub told: Vec<String>,
    /// Why the lab failed, if it said so.
    pub complaint: Option<String>,
}

impl Part {
    /// The lab bears an index from 1, which marks its lines.
    pub fn start(index: u32, mut lab: Command) -> Result<Self> {
        if stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
            // It writes into a pipe, which ends up on the terminal.
            lab.env("CLICOLOR_FORCE", "1");
        }
        let mut child = lab
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("start lab {index}"))?;
        let (orders, ordered) = mpsc::unbounded_channel();
        let told = spawn_local(keep(child.stdout.take()));
        let said = spawn_local(pass_on(index, child.stderr.take()));
        Ok(Self { index, child, orders, ordered, told, said })
    }

    /// Up to its end, passing orders on.
    pub async fn wait(mut self) -> Result<Ended> {
        let index = self.index;
        let status = loop {
            tokio::select! {
                status = self.child.wait() => {
                    break status.with_context(|| format!("wait for lab {index}"))?;
                }
                Some(Order::End) = self.ordered.recv() => {
                    if let Some(pid) = self.child.id() {
                        // It may have ended in between.
                        let _ = kill(Pid::from_raw(pid.cast_signed()), Signal::SIGTERM);
                    }
                }
            }
        };
        let told = self.told.await.unwrap_or_default();
        let complaint = self.said.await.unwrap_or_default();
        Ok(Ended { index, code: code(status), told, complaint })
    }
}

/// A signal leaves no verdict.
pub fn code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(exit::LAB_FAILED)
}

/// From now on this process is killed when its parent ends, however that does.
pub fn end_with(parent: i32) -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("watch the parent")?;
    if getppid() != Pid::from_raw(parent) {
        anyhow::bail!("watch the parent: process {parent} is gone");
    }
    Ok(())
}

async fn keep(output: Option<impl AsyncRead + Unpin>) -> Vec<String> {
    let mut kept = Vec::new();
    let Some(output) = output else { return kept };
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        kept.push(line);
    }
    kept
}

/// Comes back with the last complaint of the lab itself.
async fn pass_on(index: u32, output: Option<impl AsyncRead + Unpin>) -> Option<String> {
    let mut lines = BufReader::new(output?);
    let (mut line, mut complaint) = (Vec::new(), None);
    // What components log need not be text.
    while matches!(lines.read_until(b'\n', &mut line).await, Ok(1..)) {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if let Some(why) = text.strip_prefix(COMPLAINT) {
            complaint = Some(format!("to {why}"));
        }
        // Nobody reads: then nobody misses it.
        let _ = writeln!(stderr(), "{index} │ {text}");
        line.clear();
    }
    complaint
}
