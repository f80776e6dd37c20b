//! Everything that is needed to bring projects up.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::fault::ProjectFault;
use super::git::Git;
use super::message::{Redaction, gist};
use super::process::{Ended, run};
use super::program::{self, Program};
use super::project::Project;
use super::store::ProjectStore;
use super::wanted::Wanted;
use std::time::Duration;

/// How long a project may take to come up; its images may have to be built.
const UP_DEADLINE: Duration = Duration::from_secs(600);

/// How long a container that must be replaced has, in seconds, before it is killed.
const STOP_GRACE_SECONDS: &str = "2";

/// Fetches, reads and brings up; clones share it.
#[derive(Clone, Debug)]
pub struct Compose {
    pub(super) store: ProjectStore,
    pub(super) git: Git,
    docker_host: String,
}

impl Compose {
    /// `git_ca` is whom Git trusts, PEM.
    pub fn new(store: ProjectStore, docker_host: &str, git_ca: Option<&Path>) -> Self {
        let git = Git::new(store.root(), git_ca);
        Self { store, git, docker_host: docker_host.to_owned() }
    }

    pub fn store(&self) -> &ProjectStore {
        &self.store
    }

    /// Brings a project up: makes what is lacking and starts what does not run.
    pub async fn up(&self, project: &Project, wanted: &Wanted) -> Result<(), ProjectFault> {
        let mut command = self.command().await?;
        command
            .env("DOCKER_HOST", &self.docker_host)
            .env("COMPOSE_PROFILES", &project.profiles)
            .args(["-p", &project.name, "--project-directory"])
            .arg(&project.folder)
            .arg("-f")
            .arg(project.resolved())
            .arg("-f")
            .arg(project.overlay())
            .args(["up", "-d", "--no-color", "--remove-orphans", "-t", STOP_GRACE_SECONDS]);
        let ended = run(command, UP_DEADLINE, wanted.broken_off()).await;
        succeeded(ended.map_err(of_process)?, &project.redaction().folder(self.store.root()))
            .map(drop)
    }

    /// The program, about to be run in the agent's folder.
    pub(super) async fn command(&self) -> Result<Command, ProjectFault> {
        let home: PathBuf = self.store.root().to_owned();
        let found = Program::find(&home).await.ok_or(ProjectFault::NoProgram(program::NAME))?;
        let mut command = found.command(&home);
        command.current_dir(&home);
        Ok(command)
    }
}

pub(super) fn of_process(fault: super::process::ProcessFault) -> ProjectFault {
    ProjectFault::of_process(program::NAME, fault)
}

/// What the program printed, or what it complained of.
pub(super) fn succeeded(ended: Ended, redaction: &Redaction) -> Result<String, ProjectFault> {
    if ended.success {
        return Ok(ended.stdout);
    }
    let message = gist(&ended.stderr, redaction);
    Err(ProjectFault::Refused { program: program::NAME, message })
}
