//! One component of a machine: a program, and how to know that it is ready.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::FileSpec;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ComponentSpec {
    pub name: String,
    pub part: Part,
    pub program: PathBuf,
    pub args: Vec<String>,
    /// All of its environment but what every component gets (`PATH`, `HOME`, …).
    pub environment: BTreeMap<String, String>,
    /// Its configuration.
    pub files: Vec<FileSpec>,
    /// Files of a killed predecessor that would keep it from starting.
    pub stale: Vec<PathBuf>,
    pub readiness: Readiness,
    pub restart: RestartPolicy,
    /// From SIGTERM to SIGKILL.
    pub stop_patience: Duration,
    /// Loaded once it is ready for the first time; only then it counts as ready.
    pub images: Vec<ImageSpec>,
    /// Whether it is started with its machine.
    pub autostart: bool,
}

impl ComponentSpec {
    const STOP_PATIENCE: Duration = Duration::from_secs(10);

    pub fn new(name: &str, part: Part, program: PathBuf, readiness: Readiness) -> Self {
        Self {
            name: name.to_owned(),
            part,
            program,
            args: Vec::new(),
            environment: BTreeMap::new(),
            files: Vec::new(),
            stale: Vec::new(),
            readiness,
            restart: RestartPolicy::Never,
            stop_patience: Self::STOP_PATIENCE,
            images: Vec::new(),
            autostart: true,
        }
    }

    pub fn with_args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub fn with_env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }
}

/// What a component is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Without it nothing can be judged: its failure is the lab's.
    Infrastructure,
    /// Under test: its failure is a finding.
    Platform,
}

/// How a component tells that it is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Readiness {
    /// `READY=1` at `NOTIFY_SOCKET`.
    Notify,
    /// Its port accepts.
    Tcp(SocketAddr),
    /// For programs of which it is not known whether they give notice.
    NotifyOrTcp(SocketAddr),
    /// A GET is answered with 200.
    Http { address: SocketAddr, path: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestartPolicy {
    Never,
    Always,
}

/// A test image: a busybox root file system and a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSpec {
    pub reference: String,
    pub busybox: PathBuf,
    pub command: Vec<String>,
    /// Besides busybox.
    pub files: Vec<FileSpec>,
}
