//! Starts a machine: a process that is PID 1 of namespaces of its own.

use std::{
    io::Write,
    process::{ChildStdin, Command, Stdio},
    rc::Rc,
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::ChildStdout,
    sync::oneshot,
    task::spawn_local,
};

use super::{outbox::Outbox, switch};
use crate::{
    reaper::{Exit, Reaper},
    spec::{LabSpec, MachineSpec},
};

/// A machine that runs.
pub struct Machine {
    pub name: String,
    /// Its end is the order to stop.
    pub orders: ChildStdin,
    pub exit: oneshot::Receiver<Exit>,
}

impl Machine {
    /// Its events are told from then on, on the current `LocalSet`.
    pub fn start(
        lab: &LabSpec,
        spec: &MachineSpec,
        reaper: &Reaper,
        outbox: Rc<Outbox>,
    ) -> Result<Self> {
        let start = || -> Result<Self> {
            let mut command = Command::new("nsenter");
            command
                .arg(format!("--net={}", switch::namespace(&spec.name)))
                .args(["--", "unshare"])
                .args(["--mount", "--uts", "--pid", "--ipc", "--fork"])
                .args(["--kill-child", "--mount-proc", "--"])
                .arg(&lab.executable)
                .args(["__machine", &spec.name])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped());
            let mut reaped = reaper.spawn(&mut command).context("run nsenter")?;
            let mut orders = reaped.child.stdin.take().context("write to it")?;
            let events = reaped.child.stdout.take().context("read from it")?;
            let mut line = serde_json::to_vec(spec)?;
            line.push(b'\n');
            orders.write_all(&line).context("hand it its specification")?;
            spawn_local(pass_on(BufReader::new(ChildStdout::from_std(events)?), outbox));
            Ok(Self { name: spec.name.clone(), orders, exit: reaped.exit })
        };
        start().with_context(|| format!("start the machine {}", spec.name))
    }
}

async fn pass_on(mut events: BufReader<ChildStdout>, outbox: Rc<Outbox>) {
    let mut line = String::new();
    while matches!(events.read_line(&mut line).await, Ok(1..)) {
        if let Ok(event) = serde_json::from_str(&line) {
            outbox.tell(event);
        }
        line.clear();
    }
}
