//! Components as systemd units of the same names.

use std::{
    collections::BTreeMap,
    fs, io,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use procfs::process::{ProcState, Process};
use tokio::{
    process,
    time::{Instant, sleep},
};

use super::{
    Backend, BackendError, log_reader,
    unit::{PROPERTIES, Unit},
};
use crate::{
    machine::{Command, tree_of},
    protocol::{BackendKind, Component, LogChunk},
};

/// Where systemd's programs and folders are.
#[derive(Clone, Debug)]
pub struct SystemdPrograms {
    pub systemctl: PathBuf,
    pub journalctl: PathBuf,
    /// Where units that are gone after a boot are defined.
    pub units: PathBuf,
    pub cgroups: PathBuf,
}

impl Default for SystemdPrograms {
    fn default() -> Self {
        Self {
            systemctl: "systemctl".into(),
            journalctl: "journalctl".into(),
            units: "/run/systemd/system".into(),
            cgroups: "/sys/fs/cgroup".into(),
        }
    }
}

/// Drives the units of a fixed list of components, and no other unit.
pub struct Systemd {
    programs: SystemdPrograms,
    components: Vec<String>,
    log_folder: PathBuf,
    /// The control group of each component as last seen, so that a look at all of
    /// them asks systemd once.
    groups: Mutex<BTreeMap<String, String>>,
    /// Whether an override is gone of which systemd still knows.
    reload_due: AtomicBool,
}

impl Systemd {
    /// How long an order may take: more than the ten seconds that a component has to stop.
    const ORDER_TIMEOUT: Duration = Duration::from_secs(15);
    const POLL: Duration = Duration::from_millis(50);
    /// Keeps a killed component from being started again before the test wants it.
    const NO_RESTART: &str = "[Service]\nRestart=no\n";

    pub fn new(programs: SystemdPrograms, components: Vec<String>, log_folder: PathBuf) -> Self {
        Self {
            programs,
            components,
            log_folder,
            groups: Mutex::default(),
            reload_due: AtomicBool::new(false),
        }
    }

    async fn systemctl(&self, arguments: &[&str]) -> Result<String, BackendError> {
        let command = Command::new(&self.programs.systemctl).args(arguments.iter().copied());
        Ok(command.within(Self::ORDER_TIMEOUT).run().await?)
    }

    async fn units(&self) -> Result<Vec<Unit>, BackendError> {
        let names: Vec<String> =
            self.components.iter().map(|name| format!("{name}.service")).collect();
        let mut arguments = vec!["show", PROPERTIES, "--timestamp=unix"];
        arguments.extend(names.iter().map(String::as_str));
        let shown = self.systemctl(&arguments).await?;
        let units: Vec<Unit> =
            Unit::parse_all(&shown).into_iter().filter(Unit::is_loaded).collect();
        let grouped = units
            .iter()
            .filter_map(|unit| Some((unit.name().to_owned(), unit.control_group()?.to_owned())));
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).extend(grouped);
        Ok(units)
    }

    async fn unit(&self, component: &str) -> Result<Unit, BackendError> {
        let units = self.units().await?;
        units
            .into_iter()
            .find(|unit| unit.name() == component)
            .ok_or_else(|| BackendError::UnknownComponent(component.chars().take(80).collect()))
    }

    fn override_folder(&self, component: &str) -> PathBuf {
        self.programs.units.join(format!("{component}.service.d"))
    }

    async fn forbid_restart(&self, component: &str) -> Result<(), BackendError> {
        let folder = self.override_folder(component);
        let path = folder.join("persys-faultd.conf");
        let write = |source| BackendError::Write { path: path.clone(), source };
        fs::create_dir_all(&folder).map_err(write)?;
        fs::write(&path, Self::NO_RESTART).map_err(write)?;
        self.systemctl(&["daemon-reload"]).await.map(drop)
    }

    /// Removes the override of each of these components, and has systemd forget them.
    async fn remove_overrides(&self, components: &[&str]) -> Result<(), BackendError> {
        for component in components {
            let folder = self.override_folder(component);
            let path = folder.join("persys-faultd.conf");
            match fs::remove_file(&path) {
                Ok(()) => {
                    self.reload_due.store(true, Ordering::SeqCst);
                    // It stays where others have put something in.
                    let _ = fs::remove_dir(&folder);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(BackendError::Write { path, source }),
            }
        }
        // Also when only an earlier attempt removed one, and systemd did not hear of it.
        if self.reload_due.load(Ordering::SeqCst) {
            self.systemctl(&["daemon-reload"]).await?;
            self.reload_due.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Removes what an earlier process left behind, whether it noted it or not.
    pub async fn sweep(&self) -> Result<(), BackendError> {
        let all: Vec<&str> = self.components.iter().map(String::as_str).collect();
        self.remove_overrides(&all).await
    }

    /// Asks until the unit is as wanted, for as long as an order may take.
    async fn wait_for(
        &self,
        component: &str,
        what: &str,
        is: impl Fn(&Unit) -> bool,
    ) -> Result<(), BackendError> {
        let deadline = Instant::now() + Self::ORDER_TIMEOUT;
        loop {
            let unit = self.unit(component).await?;
            if is(&unit) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let state = unit.component(is_held(&unit)).state.as_str();
                let detail = format!("{component} is {state} and not {what}");
                return Err(BackendError::Garbled { program: "systemd", detail });
            }
            sleep(Self::POLL).await;
        }
    }

    /// An order for a unit together with what triggers it: a socket would start a
    /// stopped unit again on the next connection.
    async fn order_with_triggers(&self, order: &[&str], unit: &Unit) -> Result<(), BackendError> {
        let service = format!("{}.service", unit.name());
        let mut arguments = order.to_vec();
        arguments.extend(unit.triggers());
        arguments.push(&service);
        self.systemctl(&arguments).await.map(drop)
    }

    async fn signal(&self, component: &str, signal: &str) -> Result<(), BackendError> {
        let service = format!("{component}.service");
        self.systemctl(&["kill", &format!("--signal={signal}"), &service]).await.map(drop)
    }
}

#[async_trait]
impl Backend for Systemd {
    fn kind(&self) -> BackendKind {
        BackendKind::Systemd
    }

    async fn list(&self) -> Result<Vec<Component>, BackendError> {
        let units = self.units().await?;
        Ok(units.iter().map(|unit| unit.component(is_held(unit))).collect())
    }

    async fn start(&self, component: &str) -> Result<(), BackendError> {
        let unit = self.unit(component).await?;
        self.allow_restart(component).await?;
        // Its earlier ends must not count against it.
        let _ = self.systemctl(&["reset-failed", &format!("{component}.service")]).await;
        self.order_with_triggers(&["start", "--no-block"], &unit).await?;
        self.wait_for(component, "started", |unit| unit.pid().is_some()).await
    }

    async fn stop(&self, component: &str) -> Result<(), BackendError> {
        let unit = self.unit(component).await?;
        self.order_with_triggers(&["stop"], &unit).await?;
        self.wait_for(component, "stopped", |unit| unit.pid().is_none()).await
    }

    async fn kill(&self, component: &str) -> Result<(), BackendError> {
        let unit = self.unit(component).await?;
        // To read all units again takes a slow machine half a minute: only where it must be.
        if !unit.stays_killed() {
            self.forbid_restart(component).await?;
        }
        let triggers: Vec<&str> = unit.triggers().collect();
        if !triggers.is_empty() {
            let stop = std::iter::once("stop").chain(triggers).collect::<Vec<_>>();
            self.systemctl(&stop).await?;
        }
        self.signal(component, "SIGKILL").await?;
        self.wait_for(component, "gone", |unit| unit.pid().is_none()).await
    }

    async fn allow_restart(&self, component: &str) -> Result<(), BackendError> {
        self.remove_overrides(&[component]).await
    }

    async fn restart(&self, component: &str) -> Result<(), BackendError> {
        let before = self.unit(component).await?.pid();
        self.allow_restart(component).await?;
        self.systemctl(&["restart", "--no-block", &format!("{component}.service")]).await?;
        let started = |unit: &Unit| unit.pid().is_some() && unit.pid() != before;
        self.wait_for(component, "restarted", started).await
    }

    async fn pause(&self, component: &str) -> Result<(), BackendError> {
        self.unit(component).await?;
        self.signal(component, "SIGSTOP").await?;
        self.wait_for(component, "paused", is_held).await
    }

    async fn resume(&self, component: &str) -> Result<(), BackendError> {
        self.unit(component).await?;
        self.signal(component, "SIGCONT").await?;
        self.wait_for(component, "running", |unit| !is_held(unit)).await
    }

    async fn logs(
        &self,
        component: &Component,
        offset: u64,
        max: u64,
    ) -> Result<LogChunk, BackendError> {
        let file = self.log_folder.join(format!("{}.log", component.name));
        if file.exists() {
            return log_reader::read_file(file, offset, max).await;
        }
        let mut journal = process::Command::new(&self.programs.journalctl);
        journal.args(["--boot", "--output=cat", "--no-pager", "--all", "--quiet"]);
        journal.arg(format!("--unit={}.service", component.name));
        log_reader::read_output(journal, offset, max).await
    }

    async fn processes(&self, component: &Component) -> Vec<i32> {
        let group = {
            let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
            groups.get(&component.name).cloned()
        };
        let folder = group.map(|group| self.programs.cgroups.join(group.trim_start_matches('/')));
        let main = component.pid.and_then(|pid| i32::try_from(pid).ok());
        let look = move || {
            let in_group = folder.map(processes_below).unwrap_or_default();
            if in_group.is_empty() {
                main.map(|pid| tree_of(pid).into_iter().collect()).unwrap_or_default()
            } else {
                in_group
            }
        };
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }
}

/// Whether the main process is stopped by a signal.
fn is_held(unit: &Unit) -> bool {
    let pid = unit.pid().and_then(|pid| i32::try_from(pid).ok());
    let stat = pid.and_then(|pid| Process::new(pid).ok()).and_then(|process| process.stat().ok());
    stat.and_then(|stat| stat.state().ok()).is_some_and(|state| state == ProcState::Stopped)
}

/// The processes of a cgroup and of all below it.
fn processes_below(folder: PathBuf) -> Vec<i32> {
    let mut found = Vec::new();
    let mut next = vec![folder];
    while let Some(folder) = next.pop() {
        let list = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        found.extend(list.lines().filter_map(|line| line.parse::<i32>().ok()));
        let inner = fs::read_dir(&folder).into_iter().flatten().flatten();
        next.extend(inner.map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    found
}

#[cfg(test)]
#[path = "systemd_tests.rs"]
mod tests;
