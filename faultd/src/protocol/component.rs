//! A component of a machine: one of the platform's programs or what it needs.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ComponentState {
    /// Spawned, and expected to tell when it is ready.
    Starting,
    /// Spawned; it does not tell when it is ready.
    Running,
    /// Has told that it is ready.
    Ready,
    /// All of its processes are held by SIGSTOP.
    Paused,
    /// Stopped by an order; stays so until it is started.
    Stopped,
    /// Ended by itself or killed; stays so until it is started.
    Exited,
    /// Ended, and is started again in a moment.
    Backoff,
}

impl ComponentState {
    /// Whether its processes exist and may run.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Ready)
    }

    /// Whether it has processes, held or not.
    pub fn has_processes(self) -> bool {
        self.is_running() || self == Self::Paused
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Exited => "exited",
            Self::Backoff => "backoff",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    pub name: String,
    pub state: ComponentState,
    /// The main process, as seen on the machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// How it ended last: `code 1` or `signal 9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// How often it was started again by its restart policy.
    #[serde(default)]
    pub restarts: u32,
    /// Empty when its output goes to the journal.
    #[serde(default)]
    pub log_file: PathBuf,
}

/// What a component's whole process tree takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Resident memory in bytes; pages that processes share count once for each.
    pub rss_bytes: u64,
    /// Open file descriptors.
    pub open_fds: u64,
    /// User and system time, in seconds, of the processes and their reaped children.
    pub cpu_seconds: f64,
    pub threads: u64,
    pub processes: u64,
}

/// A component together with its figures while it has processes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentReport {
    #[serde(flatten)]
    pub component: Component,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
}
