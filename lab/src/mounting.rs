//! Mounts that hide folders of the host, and paths that stay visible through them.

use std::{
    fs::{self, File},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{DirBuilderExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use nix::{
    fcntl::OFlag,
    mount::{MsFlags, mount},
};

/// Mounts a new, empty file system in memory.
pub fn tmpfs(target: &Path, options: &str) -> Result<()> {
    mount(
        Some("tmpfs"),
        target,
        Some("tmpfs"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        Some(options),
    )
    .with_context(|| format!("mount a tmpfs on {}", target.display()))
}

/// Makes writes to a folder land in `upper` instead.
pub fn overlay(target: &Path, upper: &Path, work: &Path) -> Result<()> {
    for folder in [upper, work] {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(folder)
            .with_context(|| format!("make {}", folder.display()))?;
    }
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        target.display(),
        upper.display(),
        work.display()
    );
    mount(Some("overlay"), target, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
        .with_context(|| format!("mount an overlay on {}", target.display()))
}

/// A path of the host, held open while the folder above it gets hidden.
pub struct Kept {
    path: PathBuf,
    file: File,
    is_dir: bool,
}

impl Kept {
    /// Holds those paths that lie below one of the folders that will be hidden.
    /// A path that does not exist needs no keeping.
    pub fn hold(paths: &[PathBuf], hidden: &[&str]) -> Result<Vec<Self>> {
        let mut kept = Vec::new();
        for path in paths.iter().filter(|path| is_below(path, hidden)) {
            match fs::OpenOptions::new().read(true).custom_flags(OFlag::O_PATH.bits()).open(path) {
                Ok(file) => {
                    let is_dir = file.metadata().is_ok_and(|metadata| metadata.is_dir());
                    kept.push(Self { path: path.clone(), file, is_dir });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("open {}", path.display()));
                }
            }
        }
        Ok(kept)
    }

    /// Binds it where it was.
    pub fn put_back(&self) -> Result<()> {
        let put_back = || -> Result<()> {
            if self.is_dir {
                fs::create_dir_all(&self.path)?;
            } else if !self.path.exists() {
                if let Some(folder) = self.path.parent() {
                    fs::create_dir_all(folder)?;
                }
                File::create(&self.path)?;
            }
            bind(&self.file, &self.path)
        };
        put_back().with_context(|| format!("keep {} visible", self.path.display()))
    }
}

/// Shows what an open file or folder is at another path too.
pub fn bind(source: &File, target: &Path) -> Result<()> {
    let source = format!("/proc/self/fd/{}", source.as_raw_fd());
    mount(
        Some(source.as_str()),
        target,
        None::<&str>,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        None::<&str>,
    )
    .with_context(|| format!("bind to {}", target.display()))
}

/// The hidden folders themselves are not below themselves: they cannot be kept.
fn is_below(path: &Path, hidden: &[&str]) -> bool {
    hidden.iter().any(|folder| path.starts_with(folder) && path != Path::new(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_a_hidden_folder_are_kept() {
        let below = |path: &str| is_below(Path::new(path), &["/run", "/tmp"]);
        assert!(below("/tmp/checkout"));
        assert!(below("/run/user/0/x"));
        assert!(!below("/tmp"));
        assert!(!below("/tmpfiles"));
        assert!(!below("/home/me"));
    }
}
