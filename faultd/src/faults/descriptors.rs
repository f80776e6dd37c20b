//! Keeps a component from opening anything more: no file, no connection.
//!
//! What it has open stays so. New descriptors are refused by the kernel, as if the
//! component had used up all that it may have.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use procfs::process::Process;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::{
    protocol::{Component, LeaseId},
    refused::Refused,
};

/// What a process might have before.
#[derive(Clone, Copy, Debug)]
struct Before {
    pid: i32,
    /// None: no limit.
    soft: Option<u64>,
}

/// The processes that may open nothing more.
#[derive(Default)]
pub(crate) struct Descriptors {
    before: Mutex<BTreeMap<LeaseId, Before>>,
}

impl Descriptors {
    pub(crate) fn deny(&self, lease: LeaseId, component: &Component) -> Result<(), Refused> {
        let name = &component.name;
        let failed = |error: String| {
            Refused::failed(format!("failed to take the descriptors of {name}: {error}"))
        };
        let pid = main_process(component).ok_or_else(|| failed("it has no process".to_owned()))?;
        let found = limit_of(pid).map_err(failed)?;
        self.before().insert(lease, Before { pid, soft: found.current });
        set(pid, Rlimit { current: Some(0), ..found }).map_err(failed)
    }

    /// Gives back what was taken. A daemon that was started again meanwhile does not
    /// know how much that was; the component then gets the most that it may ask for.
    pub(crate) fn give_back(
        &self,
        lease: LeaseId,
        component: &Component,
    ) -> Result<String, String> {
        let name = &component.name;
        let known = self.before().get(&lease).copied();
        let Some(pid) = main_process(component) else {
            return Ok(format!("{name} has no process, so none is held down"));
        };
        if known.is_some_and(|before| before.pid != pid) {
            return Ok(format!("{name} was started anew meanwhile, with descriptors"));
        }
        let found = limit_of(pid)?;
        if found.current != Some(0) {
            return Ok(format!("{name} may open {} descriptors already", shown(found.current)));
        }
        let current = known.map_or(found.maximum, |before| before.soft);
        set(pid, Rlimit { current, ..found })?;
        self.before().remove(&lease);
        let open = Process::new(pid).and_then(|process| process.fd_count());
        let open = open.map_or_else(|_| "some".to_owned(), |count| count.to_string());
        Ok(format!("{name} has {open} descriptors open and may have {}", shown(current)))
    }

    fn before(&self) -> MutexGuard<'_, BTreeMap<LeaseId, Before>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn main_process(component: &Component) -> Option<i32> {
    component.pid.and_then(|pid| i32::try_from(pid).ok()).filter(|pid| *pid > 0)
}

/// What a process may have open at present, and at most.
fn limit_of(pid: i32) -> Result<Rlimit, String> {
    let limits = Process::new(pid).and_then(|process| process.limits());
    let limits = limits.map_err(|error| format!("read the limits of process {pid}: {error}"))?;
    let value = |limit| match limit {
        procfs::process::LimitValue::Value(value) => Some(value),
        procfs::process::LimitValue::Unlimited => None,
    };
    let found = limits.max_open_files;
    Ok(Rlimit { current: value(found.soft_limit), maximum: value(found.hard_limit) })
}

fn set(pid: i32, limit: Rlimit) -> Result<(), String> {
    let process = Pid::from_raw(pid).ok_or_else(|| format!("{pid} is no process"))?;
    prlimit(Some(process), Resource::Nofile, limit)
        .map(drop)
        .map_err(|error| format!("limit the descriptors of process {pid}: {error}"))
}

fn shown(limit: Option<u64>) -> String {
    limit.map_or_else(|| "any number".to_owned(), |limit| limit.to_string())
}
