//! One component under supervision, and the processes it has at the time.

use std::{
    cell::{Cell, RefCell},
    fs::{self, OpenOptions},
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use nix::{sys::signal::Signal, unistd::Pid};
use persys_faultd::supervisor::{Component, ComponentState};
use tokio::{
    sync::watch,
    task::spawn_local,
    time::{interval, sleep, timeout},
};

use super::{images, notify::NotifySocket, process_tree, readiness};
use crate::{
    paths,
    reaper::{Exit, Reaped, Reaper},
    spec::{ComponentSpec, RestartPolicy},
};

/// Told whenever a component changes.
pub type OnChange = Rc<dyn Fn(Component)>;

/// How long after a kill or a pause its effect may take.
const EFFECT: Duration = Duration::from_secs(5);
const BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
/// After so long a life a restart starts with the shortest back-off again.
const SETTLED: Duration = Duration::from_secs(10);

pub struct Slot {
    spec: ComponentSpec,
    reaper: Rc<Reaper>,
    on_change: OnChange,
    inner: RefCell<Inner>,
    images_loaded: Cell<bool>,
}

struct Inner {
    state: ComponentState,
    since: Timestamp,
    process: Option<Process>,
    exit: Option<Exit>,
    restarts: u32,
    /// Whether the last order was to stop.
    stopping: bool,
    backoff: Duration,
}

#[derive(Clone)]
struct Process {
    pid: Pid,
    /// Becomes true when it is gone and that is noted.
    gone: watch::Receiver<bool>,
    /// What to go back to when it is resumed.
    before_pause: ComponentState,
}

impl Slot {
    pub fn new(spec: ComponentSpec, reaper: Rc<Reaper>, on_change: OnChange) -> Rc<Self> {
        let inner = Inner {
            state: ComponentState::Stopped,
            since: Timestamp::now(),
            process: None,
            exit: None,
            restarts: 0,
            stopping: true,
            backoff: BACKOFF,
        };
        let inner = RefCell::new(inner);
        Rc::new(Self { spec, reaper, on_change, inner, images_loaded: Cell::new(false) })
    }

    pub fn spec(&self) -> &ComponentSpec {
        &self.spec
    }

    pub fn describe(&self) -> Component {
        let inner = self.inner.borrow();
        Component {
            name: self.spec.name.clone(),
            state: inner.state,
            pid: inner.process.as_ref().map(|process| process.pid.as_raw().cast_unsigned()),
            since: inner.since,
            exit: inner.exit.map(|exit| exit.to_string()),
            restarts: inner.restarts,
            log_file: paths::log_file(&self.spec.name),
        }
    }

    /// Comes back when the process is spawned. One that runs already is left alone.
    pub fn start(self: &Rc<Self>) -> Result<()> {
        if self.process().is_some() {
            return Ok(());
        }
        self.inner.borrow_mut().stopping = false;
        match self.spawn() {
            Ok((reaped, notices)) => self.watch_over(reaped, notices),
            Err(error) => {
                let error = error.context(format!("start {}", self.spec.name));
                self.note_in_log(&format!("{error:#}"));
                self.change(ComponentState::Exited);
                return Err(error);
            }
        }
        Ok(())
    }

    /// SIGTERM, then SIGKILL when its patience is over. Comes back when it is gone.
    pub async fn stop(&self) -> Result<()> {
        self.inner.borrow_mut().stopping = true;
        let Some(process) = self.process() else {
            self.change(ComponentState::Stopped);
            return Ok(());
        };
        let _ = nix::sys::signal::killpg(process.pid, Signal::SIGTERM);
        // One that is held would take the order only later.
        process_tree::signal(process.pid, Signal::SIGCONT);
        if timeout(self.spec.stop_patience, gone(&process)).await.is_err() {
            self.note_in_log("did not end on SIGTERM in time, gets SIGKILL");
            self.kill_and_wait(&process).await?;
        }
        Ok(())
    }

    /// Comes back when all of its processes are gone.
    pub async fn kill(&self) -> Result<()> {
        self.kill_and_wait(&self.needed_process()?).await
    }

    pub async fn pause(&self) -> Result<()> {
        let process = self.needed_process()?;
        process_tree::signal(process.pid, Signal::SIGSTOP);
        let held = async {
            let mut ticks = interval(Duration::from_millis(1));
            while !process_tree::all_held(process.pid) {
                ticks.tick().await;
                // One that was born in between.
                process_tree::signal(process.pid, Signal::SIGSTOP);
            }
        };
        timeout(EFFECT, held).await.with_context(|| format!("hold all of {}", self.spec.name))?;
        // Of a process that is gone all is held, and who comes after it is not.
        if self.needed_process()?.pid != process.pid {
            bail!("hold all of {}: it ended meanwhile", self.spec.name);
        }
        if self.state() != ComponentState::Paused {
            let state = self.state();
            if let Some(process) = &mut self.inner.borrow_mut().process {
                process.before_pause = state;
            }
            self.change(ComponentState::Paused);
        }
        Ok(())
    }

    pub fn resume(&self) -> Result<()> {
        let process = self.needed_process()?;
        process_tree::signal(process.pid, Signal::SIGCONT);
        if self.state() == ComponentState::Paused {
            self.change(process.before_pause);
        }
        Ok(())
    }

    pub async fn restart(self: &Rc<Self>) -> Result<()> {
        self.stop().await?;
        self.start()
    }

    fn spawn(&self) -> Result<(Reaped, NotifySocket)> {
        for file in &self.spec.files {
            file.write()?;
        }
        for path in &self.spec.stale {
            // It is there only after a kill.
            let _ = fs::remove_file(path);
        }
        let data = paths::data(&self.spec.name);
        fs::create_dir_all(&data).with_context(|| format!("make {}", data.display()))?;
        let notices = NotifySocket::bind(&self.spec.name).context("listen for its notice")?;
        let log = || {
            let path = paths::log_file(&self.spec.name);
            let log = OpenOptions::new().create(true).append(true).open(&path);
            log.with_context(|| format!("open {}", path.display()))
        };
        let mut command = Command::new(&self.spec.program);
        command
            .args(&self.spec.args)
            .env_clear()
            .envs(&self.spec.environment)
            .env("NOTIFY_SOCKET", notices.path())
            .current_dir(&data)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log()?)
            .stderr(log()?);
        let reaped = self
            .reaper
            .spawn(&mut command)
            .with_context(|| format!("execute {}", self.spec.program.display()))?;
        Ok((reaped, notices))
    }

    fn watch_over(self: &Rc<Self>, reaped: Reaped, notices: NotifySocket) {
        let pid = reaped.pid();
        let (note_gone, gone) = watch::channel(false);
        let before_pause = ComponentState::Starting;
        self.inner.borrow_mut().process = Some(Process { pid, gone, before_pause });
        self.change(ComponentState::Starting);
        let slot = self.clone();
        spawn_local(async move {
            let started = Instant::now();
            let mut exit = reaped.exit;
            let exit = tokio::select! {
                exit = &mut exit => exit,
                () = slot.get_ready(pid, &notices) => exit.await,
            };
            // What it leaves behind in its group would hold its ports.
            process_tree::signal(pid, Signal::SIGKILL);
            slot.ended(exit.ok(), started.elapsed());
            let _ = note_gone.send(true);
        });
    }

    async fn get_ready(&self, pid: Pid, notices: &NotifySocket) {
        readiness::wait(&self.spec.readiness, notices).await;
        if !self.images_loaded.get() {
            if let Err(error) = images::load(&self.spec.images).await {
                self.note_in_log(&format!("failed to {error:#}"));
                return;
            }
            self.images_loaded.set(true);
        }
        let mut inner = self.inner.borrow_mut();
        match &mut inner.process {
            Some(process) if process.pid == pid => process.before_pause = ComponentState::Ready,
            _ => return,
        }
        let paused = inner.state == ComponentState::Paused;
        drop(inner);
        if !paused {
            self.change(ComponentState::Ready);
        }
    }

    fn ended(self: &Rc<Self>, exit: Option<Exit>, lived: Duration) {
        let mut inner = self.inner.borrow_mut();
        inner.process = None;
        inner.exit = exit;
        if inner.stopping {
            drop(inner);
            return self.change(ComponentState::Stopped);
        }
        if self.spec.restart == RestartPolicy::Never {
            drop(inner);
            return self.change(ComponentState::Exited);
        }
        if lived > SETTLED {
            inner.backoff = BACKOFF;
        }
        let backoff = inner.backoff;
        inner.backoff = (backoff * 2).min(LONGEST_BACKOFF);
        drop(inner);
        self.change(ComponentState::Backoff);
        let slot = self.clone();
        spawn_local(async move {
            sleep(backoff).await;
            // An order may have come in between.
            if slot.state() == ComponentState::Backoff {
                slot.inner.borrow_mut().restarts += 1;
                // It notes its own failure.
                let _ = slot.start();
            }
        });
    }

    async fn kill_and_wait(&self, process: &Process) -> Result<()> {
        process_tree::signal(process.pid, Signal::SIGKILL);
        if timeout(EFFECT, gone(process)).await.is_err() {
            bail!("end {} with SIGKILL within {EFFECT:?}", self.spec.name);
        }
        Ok(())
    }

    fn process(&self) -> Option<Process> {
        self.inner.borrow().process.clone()
    }

    fn needed_process(&self) -> Result<Process> {
        let process = self.process();
        ensure!(
            process.is_some(),
            "{} has no process: it is {}",
            self.spec.name,
            self.state().as_str()
        );
        process.context("find its process")
    }

    fn state(&self) -> ComponentState {
        self.inner.borrow().state
    }

    fn change(&self, state: ComponentState) {
        {
            let mut inner = self.inner.borrow_mut();
            if inner.state != state {
                inner.state = state;
                inner.since = Timestamp::now();
            }
        }
        (self.on_change)(self.describe());
    }

    /// A line of the supervisor's own among the component's.
    fn note_in_log(&self, text: &str) {
        use std::io::Write;
        let path = paths::log_file(&self.spec.name);
        if let Ok(mut log) = OpenOptions::new().create(true).append(true).open(path) {
            // The log is the only place to complain.
            let _ = writeln!(log, "persys-lab: {text}");
        }
    }
}

async fn gone(process: &Process) {
    // The sender goes only after the news.
    let _ = process.gone.clone().wait_for(|gone| *gone).await;
}
