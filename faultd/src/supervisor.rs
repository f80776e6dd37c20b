//! The protocol of the lab's supervisor, one per machine, and its client.
//!
//! Newline-delimited JSON over a unix socket: one request line, one response line.
//! A connection may carry any number of them, one after the other. Answers come
//! after the effect is there, save that `start` answers when the process is
//! spawned, not when it is ready.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    time::timeout,
};

pub use crate::protocol::{Component, ComponentState};

/// What the supervisor is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    List,
    Start {
        component: String,
    },
    /// SIGTERM, and SIGKILL after ten seconds; stays stopped until started.
    Stop {
        component: String,
    },
    /// SIGKILL to the whole process group. A component with the restart policy
    /// "always" comes back by itself, every other stays `exited` until started.
    Kill {
        component: String,
    },
    /// SIGSTOP to all processes.
    Pause {
        component: String,
    },
    /// SIGCONT to all processes.
    Resume {
        component: String,
    },
    Restart {
        component: String,
    },
}

/// The answer: the components after the effect (all of them for `list`, the one
/// concerned or all of them otherwise), or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    pub ok: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Response {
    pub fn done(components: Vec<Component>) -> Self {
        Self { ok: true, components, error: None }
    }

    pub fn refused(error: impl Into<String>) -> Self {
        Self { ok: false, components: Vec::new(), error: Some(error.into()) }
    }
}

/// Why the supervisor did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    #[error("reach the supervisor at {}: {source}", socket.display())]
    Unreachable { socket: PathBuf, source: io::Error },
    #[error("hear from the supervisor at {} within {within:?}", socket.display())]
    Timeout { socket: PathBuf, within: Duration },
    #[error("understand the supervisor: {0}")]
    Garbled(String),
    /// Its own words.
    #[error("{0}")]
    Refused(String),
}

/// Asks the supervisor of this machine. Every request is a connection of its own.
#[derive(Clone, Debug)]
pub struct SupervisorClient {
    socket: PathBuf,
    patience: Duration,
}

impl SupervisorClient {
    /// Longer than the ten seconds that the supervisor itself gives a component to stop.
    const PATIENCE: Duration = Duration::from_secs(15);
    /// An answer is a list of a machine's components; more than this is no answer.
    const MAX_ANSWER: u64 = 1024 * 1024;

    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into(), patience: Self::PATIENCE }
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub async fn list(&self) -> Result<Vec<Component>, SupervisorError> {
        self.ask(&Request::List).await
    }

    /// Sends one request and waits for its answer.
    pub async fn ask(&self, request: &Request) -> Result<Vec<Component>, SupervisorError> {
        let answer = timeout(self.patience, self.exchange(request)).await.map_err(|_| {
            SupervisorError::Timeout { socket: self.socket.clone(), within: self.patience }
        })??;
        if answer.ok {
            Ok(answer.components)
        } else {
            let error = answer.error.unwrap_or_else(|| "it gave no reason".to_owned());
            Err(SupervisorError::Refused(error))
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Response, SupervisorError> {
        let unreachable =
            |source| SupervisorError::Unreachable { socket: self.socket.clone(), source };
        let mut stream = UnixStream::connect(&self.socket).await.map_err(unreachable)?;
        let mut line = serde_json::to_vec(request)
            .map_err(|error| SupervisorError::Garbled(error.to_string()))?;
        line.push(b'\n');
        stream.write_all(&line).await.map_err(unreachable)?;
        let mut answer = Vec::new();
        BufReader::new(stream.take(Self::MAX_ANSWER))
            .read_until(b'\n', &mut answer)
            .await
            .map_err(unreachable)?;
        if answer.last() != Some(&b'\n') {
            return Err(SupervisorError::Garbled("the answer ends in its midst".to_owned()));
        }
        serde_json::from_slice(&answer).map_err(|error| SupervisorError::Garbled(error.to_string()))
    }
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
