//! `persys-cli`, run as a user runs it.

use std::{ffi::OsStr, path::PathBuf, process::Stdio, time::Duration};

use persys_contract::topology::MachineRole;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::{process::Command, time::Instant};

use super::{Cause, ProbeError, Question, evidence::Evidence, http::readable, setup::ProbeSetup};
use crate::evidence::StepError;

/// How long a command may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Runs the client program; made by [`Probes::cli`](super::Probes::cli). It
/// gets the gateway and the certificate by its environment, and of ours nothing
/// but `PATH` and `HOME`.
#[derive(Clone)]
pub struct CliProbe {
    setup: ProbeSetup,
    evidence: Evidence,
    credentials: String,
    timeout: Duration,
}

/// A command that has ended.
#[derive(Clone, Debug)]
pub struct CliRun {
    /// As a user would type it.
    pub command: String,
    /// `None` when a signal ended it.
    pub exit_code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub duration: Duration,
}

impl CliRun {
    pub fn succeeded(&self) -> bool {
        self.exit_code == Some(0)
    }

    /// The output of a command that succeeded; any other end is the platform's failure.
    pub fn ok(&self) -> Result<&str, StepError> {
        if self.succeeded() { Ok(&self.stdout) } else { Err(StepError::failed(self.to_string())) }
    }

    /// The output of a command that succeeded, as JSON (`-o json`).
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        let output = self.ok()?;
        serde_json::from_str(output).map_err(|error| {
            StepError::failed(format!(
                "{self}, and its output is not as expected: {error}: {output}"
            ))
        })
    }
}

/// `persys-cli node list exited 3: <last line of its errors>`
impl std::fmt::Display for CliRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.exit_code {
            Some(code) => write!(f, "{} exited {code}", self.command)?,
            None => write!(f, "{} was ended by a signal", self.command)?,
        }
        match self.stderr.lines().rfind(|line| !line.trim().is_empty()) {
            Some(line) => write!(f, ": {}", line.trim()),
            None => Ok(()),
        }
    }
}

impl CliProbe {
    pub(super) fn new(setup: &ProbeSetup, evidence: &Evidence, credentials: &str) -> Self {
        Self {
            setup: setup.clone(),
            evidence: evidence.clone(),
            credentials: credentials.to_owned(),
            timeout: TIMEOUT,
        }
    }

    /// The same with another pair of the credentials folder.
    #[must_use]
    pub fn as_role(self, credentials: &str) -> Self {
        Self { credentials: credentials.to_owned(), ..self }
    }

    /// The same with another bound on each command.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Runs `persys-cli` with these arguments; its end, whatever it is, is data.
    pub async fn run<A: AsRef<str>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<CliRun, ProbeError> {
        let arguments: Vec<String> =
            arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let words = arguments.iter().map(String::as_str);
        let command = shlex::try_join(std::iter::once("persys-cli").chain(words))
            .unwrap_or_else(|_| format!("persys-cli {arguments:?}"));
        let program = self.setup.cli();
        let question = Question::new("the client program", program.display(), &command);
        let topology = self.setup.topology();
        let gateway = topology.socket(MachineRole::Gateway, topology.ports.gateway);
        let files = self.setup.credential_files(&self.credentials);
        let ours = ["PATH", "HOME"].map(|name| (name, std::env::var_os(name)));
        let mut child = Command::new(program);
        child
            .args(&arguments)
            .env_clear()
            .envs(ours.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))))
            .env("PERSYS_GATEWAY", format!("https://{gateway}"))
            .envs([("TLS_CERT", files.cert), ("TLS_KEY", files.key), ("TLS_CA", files.ca)])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let started = Instant::now();
        let output = match tokio::time::timeout(self.timeout, child.output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => {
                let name: &OsStr = program.as_os_str();
                let problem = format!("start {}: {error}", PathBuf::from(name).display());
                return Err(ProbeError::setup(problem));
            }
            Err(_) => {
                return Err(self.evidence.unanswered(
                    "cli",
                    question,
                    Cause::Timeout(self.timeout),
                ));
            }
        };
        let run = CliRun {
            command,
            exit_code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            duration: started.elapsed(),
        };
        self.record(&run);
        Ok(run)
    }

    fn record(&self, run: &CliRun) {
        for (stream, text) in [("output", &run.stdout), ("errors", &run.stderr)] {
            for name in self.setup.secrets().found_in(text) {
                let command = &run.command;
                self.evidence.violation(format!("the {stream} of {command} give away {name}"));
            }
        }
        let data = json!({
            "command": run.command,
            "exitCode": run.exit_code,
            "stdout": readable(run.stdout.as_bytes()),
            "stderr": run.stderr,
        });
        let passing = json!({ "ms": run.duration.as_secs_f64() * 1000.0 });
        self.evidence.saw("cli", run.to_string(), data, passing);
    }
}
