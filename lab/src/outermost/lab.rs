//! A lab, from its start to its end.

use std::{
    cell::RefCell,
    os::unix::net,
    process::{ExitStatus, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::{Child, ChildStderr, Command},
    sync::{mpsc, watch},
    task::spawn_local,
    time::{interval_at, sleep_until, timeout},
};

use super::{
    control::{self, MachineEntry, Report},
    logs::Logs,
    readiness::{Laggard, Unready},
    state::{Phase, Progress},
};
use crate::{
    names::Claim,
    processes::Processes,
    spec::{LabSpec, Order},
};

/// What the lab gets to end in order, and then the janitor to clean up.
const END: Duration = Duration::from_secs(8);
const CLEAN_UP: Duration = Duration::from_secs(20);
/// What the platform gets to be ready after what it stands on is.
const PLATFORM: Duration = Duration::from_secs(10);

/// While the lab comes up, what is still awaited is said so often.
const REMINDER: Duration = Duration::from_secs(5);

/// What happens while the lab comes up.
pub enum News<'a> {
    Ready { machine: String, component: String },
    Waiting(&'a Unready),
}

pub struct Lab {
    spec: Rc<LabSpec>,
    janitor: Child,
    orders: OwnedWriteHalf,
    progress: watch::Receiver<Progress>,
    phase: Rc<RefCell<Phase>>,
    /// Orders to end, from other processes.
    pub down: mpsc::Receiver<()>,
    logs: Option<Logs>,
}

impl Lab {
    /// Comes back when all processes are on their way. Must be called on the main
    /// thread: the lab is bound to the life of the thread that starts it.
    pub async fn start(claim: Claim, spec: LabSpec) -> Result<Self> {
        let (ours, theirs) = net::UnixStream::pair().context("make a socket")?;
        let mut janitor = Command::new(&spec.executable)
            .args(["__janitor", &spec.name])
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            // Nothing in the lab holds the terminal, or whoever reads the errors.
            .stderr(Stdio::piped())
            .spawn()
            .context("start the janitor")?;
        spawn_local(pass_on(janitor.stderr.take()));
        ours.set_nonblocking(true).context("prepare the socket")?;
        let (events, mut orders) = UnixStream::from_std(ours)?.into_split();
        let spec = Rc::new(spec);
        let (note, progress) = watch::channel(Progress::default());
        spawn_local(listen(events, note));
        let phase = Rc::new(RefCell::new(Phase::Starting));
        let (send_down, down) = mpsc::channel(1);
        serve(claim, &spec, phase.clone(), send_down)?;
        let mut line = serde_json::to_vec(&Order::Start(Box::new((*spec).clone())))?;
        line.push(b'\n');
        orders.write_all(&line).await.context("hand the lab its specification")?;
        Ok(Self { spec, janitor, orders, progress, phase, down, logs: None })
    }

    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Waits until everything is ready, or what the platform stands on is ready
    /// and the platform has had its time. `tell` hears of each component once.
    pub async fn wait_until_up(
        &mut self,
        patience: Duration,
        mut tell: impl FnMut(News),
    ) -> Result<Unready> {
        let deadline = Instant::now() + patience;
        let mut reminder = interval_at((Instant::now() + REMINDER).into(), REMINDER);
        let mut platform_deadline = None;
        let mut told = Vec::new();
        loop {
            let progress = self.progress.borrow_and_update().clone();
            if progress.network && self.logs.is_none() {
                self.logs = Some(Logs::open(std::process::id())?);
            }
            check(&progress)?;
            let unready = Unready::of(&self.spec, &progress);
            for (machine, component) in newly_ready(&self.spec, &unready, &mut told) {
                tell(News::Ready { machine, component });
            }
            let infrastructure_up = unready.infrastructure().next().is_none();
            let give_up = if infrastructure_up {
                *platform_deadline.get_or_insert(Instant::now() + PLATFORM)
            } else {
                deadline
            };
            let lost = unready.infrastructure().any(Laggard::is_lost);
            let waiting = unready.0.iter().any(|laggard| !laggard.is_lost());
            if lost || !waiting || Instant::now() >= give_up {
                return self.conclude(unready, patience);
            }
            tokio::select! {
                changed = self.progress.changed() => {
                    if changed.is_err() {
                        bail!("keep the lab: it has ended");
                    }
                }
                () = sleep_until(give_up.into()) => {}
                _ = reminder.tick() => tell(News::Waiting(&unready)),
            }
        }
    }

    fn conclude(&mut self, mut unready: Unready, patience: Duration) -> Result<Unready> {
        for laggard in &mut unready.0 {
            laggard.read_log(self.logs.as_ref());
        }
        if unready.infrastructure().any(Laggard::is_lost) {
            // The others were only waiting.
            let lost = unready.infrastructure().filter(|laggard| laggard.is_lost());
            bail!("bring the lab up: {}", Unready::describe(lost));
        }
        if unready.infrastructure().next().is_some() {
            let lost = Unready::describe(unready.infrastructure());
            bail!("bring the lab up within {} s: {lost}", patience.as_secs());
        }
        *self.phase.borrow_mut() = Phase::Up;
        Ok(unready)
    }

    /// Comes back, saying why, when the lab itself does not stand any more.
    pub fn collapse(&self) -> impl Future<Output = anyhow::Error> + use<> {
        let mut progress = self.progress.clone();
        async move {
            let fallen = progress.wait_for(|progress| check(progress).is_err()).await;
            match fallen {
                Ok(progress) => check(&progress).err(),
                Err(_) => None,
            }
            .unwrap_or_else(|| anyhow::anyhow!("keep the lab up"))
        }
    }

    /// PID 1 of a machine, as the host sees it.
    pub fn machine(&self, name: &str) -> Result<u32> {
        Processes::now()
            .machine(std::process::id(), name)
            .with_context(|| format!("find the machine {name}"))
    }

    /// None when the lab never got so far.
    pub fn logs(&self) -> Option<&Logs> {
        self.logs.as_ref()
    }

    /// Ends everything, in order if it can be; comes back when nothing is left.
    /// The logs stay readable.
    pub async fn end(&mut self) -> Result<()> {
        *self.phase.borrow_mut() = Phase::Ending;
        let mut line = serde_json::to_vec(&Order::Stop)?;
        line.push(b'\n');
        // Nobody to take it: then it has ended already.
        let _ = self.orders.write_all(&line).await;
        if let Ok(ended) = timeout(END, self.janitor.wait()).await {
            return self.is_clean(ended);
        }
        if let Some(pid) = self.janitor.id() {
            // It does not wait for PID 1 to listen.
            let _ = kill(Pid::from_raw(pid.cast_signed()), Signal::SIGTERM);
        }
        match timeout(CLEAN_UP, self.janitor.wait()).await {
            Ok(ended) => self.is_clean(ended),
            Err(_) => bail!("clean up within {} s", CLEAN_UP.as_secs()),
        }
    }

    /// A janitor that ends well has left nothing; any other has said why.
    fn is_clean(&self, ended: std::io::Result<ExitStatus>) -> Result<()> {
        match ended {
            Ok(status) if status.success() => Ok(()),
            _ => bail!(
                "take all of {} away: something is left; `persys-lab clean` does",
                self.name()
            ),
        }
    }
}

fn check(progress: &Progress) -> Result<()> {
    if let Some(failure) = &progress.failure {
        bail!("keep the lab up: {failure}");
    }
    if progress.ended {
        bail!("keep the lab up: it has ended");
    }
    Ok(())
}

fn newly_ready(
    spec: &LabSpec,
    unready: &Unready,
    told: &mut Vec<(String, String)>,
) -> Vec<(String, String)> {
    let mut news = Vec::new();
    for machine in &spec.machines {
        for component in machine.components.iter().filter(|component| component.autostart) {
            let key = (machine.name.clone(), component.name.clone());
            let waits = unready.0.iter().any(|own| own.machine == key.0 && own.name == key.1);
            if !waits && !told.contains(&key) {
                told.push(key.clone());
                news.push(key);
            }
        }
    }
    news
}

/// Complaints of processes in the lab.
async fn pass_on(complaints: Option<ChildStderr>) {
    let Some(complaints) = complaints else { return };
    let mut lines = BufReader::new(complaints).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // Nobody reads: then nobody misses it.
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{line}\n"));
    }
}

async fn listen(events: OwnedReadHalf, note: watch::Sender<Progress>) {
    let mut events = BufReader::new(events);
    let mut line = String::new();
    while matches!(events.read_line(&mut line).await, Ok(1..)) {
        if let Ok(event) = serde_json::from_str(&line) {
            note.send_modify(|progress| progress.note(event));
        }
        line.clear();
    }
    note.send_modify(|progress| progress.ended = true);
    // Keeps the channel open: its end would say less than the flag.
    note.closed().await;
}

fn serve(
    claim: Claim,
    spec: &Rc<LabSpec>,
    phase: Rc<RefCell<Phase>>,
    down: mpsc::Sender<()>,
) -> Result<()> {
    claim.listener.set_nonblocking(true).context("prepare the lab's socket")?;
    let listener = UnixListener::from_std(claim.listener).context("serve the lab's socket")?;
    let (spec, since) = (spec.clone(), Timestamp::now());
    let report = move || Report {
        name: spec.name.clone(),
        pid: std::process::id(),
        phase: *phase.borrow(),
        since,
        machines: spec
            .machines
            .iter()
            .map(|machine| MachineEntry {
                name: machine.name.clone(),
                address: machine.address,
                pid: None,
            })
            .collect(),
    };
    spawn_local(async move {
        control::serve(listener, report, down).await;
    });
    Ok(())
}
