//! The real git, without what a user's configuration would make of it.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::process::Command;

use super::{BisectError, child::Children};

/// A checkout of a large repository takes its time.
const WITHIN: Duration = Duration::from_secs(600);

/// One repository.
pub struct Git<'a> {
    children: &'a Children,
    folder: PathBuf,
}

/// What git printed, and whether it was content.
pub struct Said {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl<'a> Git<'a> {
    pub fn new(children: &'a Children, folder: &Path) -> Self {
        Self { children, folder: folder.to_owned() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a command of git.
    pub async fn say<S: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = S>,
    ) -> Result<Said, BisectError> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.folder);
        // Hooks of the user's are not for this checkout.
        for setting in ["core.hooksPath=/dev/null", "advice.detachedHead=false", "gc.auto=0"] {
            command.args(["-c", setting]);
        }
        command.args(words).env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        let (ended, out, err) = self.children.output(command, WITHIN).await?;
        Ok(Said { ok: ended.is_success(), out, err })
    }

    /// The trimmed output of a command that must succeed. `what` continues "failed to".
    pub async fn ask<S: AsRef<OsStr>>(
        &self,
        what: &str,
        words: impl IntoIterator<Item = S>,
    ) -> Result<String, BisectError> {
        let said = self.say(words).await?;
        if said.ok {
            return Ok(said.out.trim_end().to_owned());
        }
        let why = said.err.trim();
        Err(BisectError::environment(format!("failed to {what}: git: {why}")))
    }

    /// Where the repository's objects are, which the folder may only be a worktree or
    /// a part of.
    pub async fn objects(&self) -> Result<String, BisectError> {
        let said = self.say(["rev-parse", "--path-format=absolute", "--git-common-dir"]).await?;
        if said.ok {
            return Ok(said.out.trim_end().to_owned());
        }
        let (folder, why) = (self.folder.display(), said.err.trim().to_owned());
        Err(BisectError::usage(format!("--repo {folder}: is no git repository: {why}")))
    }

    /// The id of a commit that the user named.
    pub async fn commit(&self, option: &str, name: &str) -> Result<String, BisectError> {
        let words = ["rev-parse", "--verify", "--quiet", "--end-of-options"];
        let wanted = format!("{name}^{{commit}}");
        let said = self.say(words.into_iter().chain([wanted.as_str()])).await?;
        if said.ok {
            return Ok(said.out.trim().to_owned());
        }
        let folder = self.folder.display();
        Err(BisectError::usage(format!("{option} {name}: {folder} has no such commit")))
    }
}

/// Seven digits, as people write commits.
pub fn short(commit: &str) -> &str {
    commit.get(..9).unwrap_or(commit)
}
