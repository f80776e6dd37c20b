//! Runs a program of the machine and waits for its end.

use std::{ffi::OsString, io, process::Stdio, time::Duration};

use tokio::{io::AsyncWriteExt, process, time::timeout};

/// Why a program did not do its work. The texts begin with its name.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("run {program}: {source}")]
    Start { program: String, source: io::Error },
    #[error("run {program}: it did not end within {within:?}")]
    Timeout { program: String, within: Duration },
    #[error("run {program}: {detail}")]
    Failed { program: String, detail: String },
}

/// A program with its arguments and its input.
#[derive(Clone, Debug)]
pub struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    input: String,
    within: Duration,
}

impl Command {
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            input: String::new(),
            within: Duration::from_secs(10),
        }
    }

    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// What the program reads on its standard input.
    pub fn input(mut self, input: impl Into<String>) -> Self {
        self.input = input.into();
        self
    }

    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// The same command, run in a network namespace that is gone afterwards.
    pub fn thrown_away(mut self) -> Self {
        let program = std::mem::replace(&mut self.program, "unshare".into());
        self.arguments.splice(0..0, ["--net".into(), "--".into(), program]);
        self
    }

    /// Its standard output, if it ended well.
    pub async fn run(self) -> Result<String, CommandError> {
        let program = self.program.to_string_lossy().into_owned();
        let start = |source| CommandError::Start { program: program.clone(), source };
        let mut child = process::Command::new(&self.program)
            .args(&self.arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(start)?;
        let stdin = child.stdin.take();
        let (input, within) = (self.input, self.within);
        let work = async move {
            if let Some(mut stdin) = stdin {
                // A program that does not read its input says why by its exit.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
            child.wait_with_output().await
        };
        let output = timeout(within, work)
            .await
            .map_err(|_| CommandError::Timeout { program: program.clone(), within })?
            .map_err(start)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint = complaint.split_whitespace().collect::<Vec<_>>().join(" ");
        let detail = match complaint.as_str() {
            "" => output.status.to_string(),
            text => format!("{}: {}", output.status, text.chars().take(500).collect::<String>()),
        };
        Err(CommandError::Failed { program, detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn output_is_returned() {
        let output = Command::new("cat").input("hello").run().await.unwrap();
        assert_eq!(output, "hello");
    }

    #[tokio::test]
    async fn failures_name_the_program_and_its_words() {
        let failed = Command::new("sh").args(["-c", "echo no such thing >&2; exit 3"]).run().await;
        let text = failed.unwrap_err().to_string();
        assert!(text.contains("sh") && text.contains("no such thing"), "{text}");
        let missing = Command::new("no-such-program-here").run().await.unwrap_err();
        assert!(matches!(missing, CommandError::Start { .. }));
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended() {
        let hanging = Command::new("sleep").args(["60"]).within(Duration::from_millis(50));
        assert!(matches!(hanging.run().await, Err(CommandError::Timeout { .. })));
    }
}
