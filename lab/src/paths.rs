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

/// The same place without links: what is kept visible, and where results are written, must be
/// where they really are. What does not exist yet counts from its nearest folder that does.
pub fn real(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut missing = Vec::new();
    let mut known = path.as_path();
    loop {
        match known.canonicalize() {
            Ok(real) => return Ok(missing.iter().rev().fold(real, |path, name| path.join(name))),
            Err(error) => match (known.parent(), known.file_name()) {
                (Some(parent), Some(name)) => {
                    missing.push(name);
                    known = parent;
                }
                _ => return Err(error),
            },
        }
    }
}

/// A component's data on its machine.
pub fn data(component: &str) -> PathBuf {
    Path::new(STATE).join("lib").join(component)
}

pub fn log_file(component: &str) -> PathBuf {
    Path::new(LOGS).join(format!("{component}.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_and_what_is_missing_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        std::fs::create_dir(top.join("there")).unwrap();
        std::os::unix::fs::symlink("there", top.join("link")).unwrap();
        assert_eq!(real(&top.join("link")).unwrap(), top.join("there"));
        assert_eq!(real(&top.join("link/new/run")).unwrap(), top.join("there/new/run"));
        assert_eq!(real(Path::new("/nowhere/x")).unwrap(), Path::new("/nowhere/x"));
    }
}
