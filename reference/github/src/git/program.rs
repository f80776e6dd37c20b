//! The Git program, run without any configuration of the machine it is on.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

/// How long one command may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Where programs lie if the environment does not say.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Why a command of Git's gave nothing; follows "failed to".
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("run {}: {cause}", program.display())]
    Run { program: PathBuf, cause: io::Error },
    #[error("git {command}: {problem}")]
    Refused { command: String, problem: String },
    #[error("git {0}: it took longer than {PATIENCE:?}")]
    TimedOut(String),
    #[error("use {}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
}

/// The program and the folder of the repositories.
pub struct Git {
    program: PathBuf,
    root: PathBuf,
}

impl Git {
    /// Makes the folder and makes sure that the program is there and can serve.
    pub async fn new(program: &Path, root: &Path) -> Result<Self, GitError> {
        std::fs::create_dir_all(root)
            .map_err(|cause| GitError::File { path: root.to_owned(), cause })?;
        // Git reads environment variables that name folders from the root.
        let root =
            root.canonicalize().map_err(|cause| GitError::File { path: root.to_owned(), cause })?;
        let git = Self { program: program.to_owned(), root };
        let folder = git.output(git.command().arg("--exec-path"), "--exec-path").await?;
        let backend = Path::new(folder.trim()).join("git-http-backend");
        if !backend.is_file() {
            let cause = io::Error::from(io::ErrorKind::NotFound);
            return Err(GitError::File { path: backend, cause });
        }
        Ok(git)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a repository lies.
    pub fn folder(&self, owner: &str, name: &str) -> PathBuf {
        let (owner, name) = (owner.to_ascii_lowercase(), name.to_ascii_lowercase());
        self.root.join(owner).join(format!("{name}.git"))
    }

    /// A command with nothing of this process's environment but the path.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let path = std::env::var_os("PATH").unwrap_or_else(|| USUAL_PATH.into());
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.root)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a command on a repository and gives what it prints.
    pub async fn run<A: AsRef<OsStr>>(
        &self,
        repository: &Path,
        arguments: &[A],
    ) -> Result<String, GitError> {
        let mut command = self.command();
        command.env("GIT_DIR", repository).args(arguments);
        let shown = arguments.first().map(|first| first.as_ref().to_string_lossy().into_owned());
        self.output(&mut command, &shown.unwrap_or_default()).await
    }

    /// Runs any command and gives what it prints; `shown` names it in errors.
    pub async fn output(&self, command: &mut Command, shown: &str) -> Result<String, GitError> {
        let output = timeout(PATIENCE, command.output())
            .await
            .map_err(|_| GitError::TimedOut(shown.to_owned()))?
            .map_err(|cause| GitError::Run { program: self.program.clone(), cause })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let problem = if said.is_empty() { output.status.to_string() } else { said };
            return Err(GitError::Refused { command: shown.to_owned(), problem });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
