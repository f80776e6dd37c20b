//! The docker-compose program of the node: the standalone one, or Docker's plugin.

use std::future::pending;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::environment::{confine, search_path};
use super::process::run;

/// Its name in messages.
pub const NAME: &str = "docker-compose";

/// How long Docker's client may take to say whether it has the plugin.
const ASKING: Duration = Duration::from_secs(10);

/// How to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    Standalone(PathBuf),
    /// `docker compose`.
    Plugin(PathBuf),
}

impl Program {
    /// Looks for it anew each time, so that one that is installed later is found.
    pub async fn find(home: &Path) -> Option<Self> {
        if let Some(program) = in_path("docker-compose") {
            return Some(Self::Standalone(program));
        }
        let plugin = Self::Plugin(in_path("docker")?);
        let mut asking = plugin.command(home);
        asking.arg("version");
        let answered = run(asking, ASKING, pending()).await;
        answered.is_ok_and(|ended| ended.success).then_some(plugin)
    }

    /// A command that sees nothing of the agent's environment.
    pub fn command(&self, home: &Path) -> Command {
        let mut command = match self {
            Self::Standalone(program) => Command::new(program),
            Self::Plugin(docker) => {
                let mut command = Command::new(docker);
                command.arg("compose");
                command
            }
        };
        confine(&mut command, home);
        command
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&search_path()).map(|folder| folder.join(name)).find(|file| {
        file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    })
}
