//! What others may ask the outermost process, one JSON line each way, over the
//! abstract socket that bears the lab's name.

use std::{rc::Rc, time::Duration};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::mpsc,
    task::spawn_local,
    time::{sleep, timeout},
};

use super::state::Phase;
use crate::{names, processes::Processes};

const PATIENCE: Duration = Duration::from_secs(5);
const MAX_LINE: u64 = 1024 * 1024;
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    Describe,
    /// Answered at once; the name gets free when the lab is gone.
    Down,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Report(Report),
    GoingDown,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub name: String,
    /// The outermost process.
    pub pid: u32,
    pub phase: Phase,
    pub since: Timestamp,
    pub machines: Vec<MachineEntry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MachineEntry {
    pub name: String,
    pub address: std::net::Ipv4Addr,
    /// Its PID 1, as the host sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
}

/// Answers until the process ends. `down` gets a word for each order to end.
pub async fn serve(
    listener: UnixListener,
    report: impl Fn() -> Report + 'static,
    down: mpsc::Sender<()>,
) -> std::convert::Infallible {
    let report = Rc::new(report);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No descriptor is left, and the next moment there is none either.
            sleep(ACCEPT_BACKOFF).await;
            continue;
        };
        // Only root runs labs, so only root may speak to one.
        if stream.peer_cred().is_ok_and(|peer| peer.uid() == 0) {
            let (report, down) = (report.clone(), down.clone());
            // Who dawdles is cut off, and keeps nobody waiting.
            spawn_local(async move {
                let _ = timeout(PATIENCE, answer(stream, &*report, &down)).await;
            });
        }
    }
}

async fn answer(
    mut stream: UnixStream,
    report: &impl Fn() -> Report,
    down: &mpsc::Sender<()>,
) -> Result<()> {
    let question = read_line(&mut stream).await?;
    let answer = match serde_json::from_slice(&question)? {
        Question::Describe => {
            let mut report = report();
            let processes = Processes::now();
            for machine in &mut report.machines {
                machine.pid = processes.machine(report.pid, &machine.name);
            }
            Answer::Report(report)
        }
        Question::Down => {
            // A full channel holds the same order already.
            let _ = down.try_send(());
            Answer::GoingDown
        }
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    Ok(stream.write_all(&line).await?)
}

/// Asks a lab by name.
pub async fn ask(lab: &str, question: Question) -> Result<Answer> {
    let ask = async {
        let stream = names::connect(lab).context("connect")?;
        stream.set_nonblocking(true)?;
        let mut stream = UnixStream::from_std(stream)?;
        let mut line = serde_json::to_vec(&question)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        let answer = read_line(&mut stream).await?;
        Ok::<_, anyhow::Error>(serde_json::from_slice(&answer)?)
    };
    timeout(PATIENCE, ask)
        .await
        .context("hear from it in time")
        .flatten()
        .with_context(|| format!("ask the lab {lab}"))
}

async fn read_line(stream: &mut UnixStream) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    BufReader::new(stream.take(MAX_LINE)).read_until(b'\n', &mut line).await?;
    ensure!(line.last() == Some(&b'\n'), "read a whole line");
    Ok(line)
}
