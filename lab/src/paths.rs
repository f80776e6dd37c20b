//! Where things lie inside the lab.

use std::path::{Path, PathBuf};

/// On every machine.
pub const STATE: &str = "/run/persys";
pub const TOPOLOGY: &str = "/run/persys/topology.json";
pub const SUPERVISOR_SOCKET: &str = "/run/persys/supervisor.sock";
/// The environment of commands that are run on the machine, as JSON.
pub const ENVIRONMENT: &str = "/run/persys/environment.json";
pub const BIN: &str = "/run/persys/bin";
pub const LOGS: &str = "/run/persys/log";
pub const HOME: &str = "/run/persys/home";
pub const NOTIFY: &str = "/run/persys/notify";

/// In the lab's own `/run`, which machines do not see: a folder of logs for each
/// machine, so that they outlive it.
pub const ALL_LOGS: &str = "/run/persys-lab/log";

/// A component's data on its machine.
pub fn data(component: &str) -> PathBuf {
    Path::new(STATE).join("lib").join(component)
}

pub fn log_file(component: &str) -> PathBuf {
    Path::new(LOGS).join(format!("{component}.log"))
}
