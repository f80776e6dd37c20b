//! Takes memory and processor time, in processes of their own.
//!
//! A hog lives as long as its standard input is open, so that it goes with the
//! daemon, however that ends.

use std::{
    collections::BTreeMap,
    hint,
    io::{Read, Write},
    path::PathBuf,
    process::Stdio,
    thread,
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
    sync::Mutex,
    time::timeout,
};

use crate::{
    protocol::{LeaseId, RefusalCode},
    refused::Refused,
};

/// What a hog takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Subcommand)]
pub enum HogTask {
    /// Take and hold this many bytes of memory.
    Memory { bytes: u64 },
    /// Keep this many threads busy.
    Cpu { threads: u16 },
}

/// The hogs of this machine.
pub(crate) struct Hogs {
    /// The daemon's own program, which is the hog's as well.
    program: PathBuf,
    running: Mutex<BTreeMap<LeaseId, Child>>,
}

impl Hogs {
    const MOST_THREADS: u16 = 256;
    /// The share of the available memory that may be taken, in percent: the machines
    /// of a lab share it with everything else on their host.
    const MOST_PERCENT: u64 = 90;
    const PATIENCE: Duration = Duration::from_secs(15);

    pub(crate) fn new(program: PathBuf) -> Self {
        Self { program, running: Mutex::default() }
    }

    pub(crate) fn check(&self, task: HogTask) -> Result<(), Refused> {
        let bad = |error: String| Err(Refused::new(RefusalCode::BadRequest, error));
        match task {
            HogTask::Cpu { threads: 0 } | HogTask::Memory { bytes: 0 } => {
                bad("it would take nothing".to_owned())
            }
            HogTask::Cpu { threads } if threads > Self::MOST_THREADS => {
                bad(format!("at most {} threads are kept busy", Self::MOST_THREADS))
            }
            HogTask::Cpu { .. } => Ok(()),
            HogTask::Memory { bytes } => match available_memory() {
                Some(free) if bytes > free / 100 * Self::MOST_PERCENT => bad(format!(
                    "{free} bytes of memory are available, of which {} percent may be taken",
                    Self::MOST_PERCENT
                )),
                _ => Ok(()),
            },
        }
    }

    /// Starts a hog and waits until it has what it wants.
    pub(crate) async fn start(&self, lease: LeaseId, task: HogTask) -> Result<(), Refused> {
        let failed = |error: String| Refused::failed(format!("failed to start a hog: {error}"));
        let (kind, amount) = match task {
            HogTask::Memory { bytes } => ("memory", bytes.to_string()),
            HogTask::Cpu { threads } => ("cpu", threads.to_string()),
        };
        let mut child = Command::new(&self.program)
            .args(["hold", kind, &amount])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        if let Some(mut output) = child.stdout.take() {
            let ready = timeout(Self::PATIENCE, output.read_u8()).await;
            ready
                .map_err(|_| failed(format!("it was not ready within {:?}", Self::PATIENCE)))?
                .map_err(|_| failed("it ended at once".to_owned()))?;
        }
        self.running.lock().await.insert(lease, child);
        Ok(())
    }

    /// Ends a hog and waits for its end.
    pub(crate) async fn end(&self, lease: LeaseId) -> Result<String, String> {
        let Some(mut child) = self.running.lock().await.remove(&lease) else {
            return Ok("no hog was running".to_owned());
        };
        if let Ok(Some(status)) = child.try_wait() {
            return Ok(format!("the hog had ended before: {status}"));
        }
        match timeout(Self::PATIENCE, child.kill()).await {
            Ok(Ok(())) => Ok("the hog has ended".to_owned()),
            Ok(Err(error)) => Err(format!("failed to end the hog: {error}")),
            Err(_) => Err(format!("the hog did not end within {:?}", Self::PATIENCE)),
        }
    }
}

/// What the kernel would give without swapping, in bytes.
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The hog's side: takes what it is to take, tells so by a line, and holds it until
/// its standard input ends.
pub fn hold(task: HogTask) -> std::io::Result<()> {
    let held = match task {
        HogTask::Memory { bytes } => {
            let length = usize::try_from(bytes).map_err(std::io::Error::other)?;
            // A page counts as taken once it was written to, and with other than zero.
            vec![1_u8; length]
        }
        HogTask::Cpu { threads } => {
            for _ in 0..threads {
                thread::spawn(|| {
                    loop {
                        hint::spin_loop();
                    }
                });
            }
            Vec::new()
        }
    };
    let mut output = std::io::stdout();
    output.write_all(b"held\n")?;
    output.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    hint::black_box(held);
    Ok(())
}
