//! The logs of all components, in the lab's own file system. A folder that is
//! held open outlives the processes in the lab.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    os::{fd::AsRawFd, unix::fs::OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use nix::fcntl::OFlag;

use crate::{paths, processes::Processes};

pub struct Logs {
    folder: File,
}

impl Logs {
    /// Of the lab of which the outermost process is this.
    pub fn open(outermost: u32) -> Result<Self> {
        let init = Processes::now().init(outermost).context("find the lab's first process")?;
        let path = format!("/proc/{init}/root{}", paths::ALL_LOGS);
        let mut options = fs::OpenOptions::new();
        options.read(true).custom_flags(OFlag::O_DIRECTORY.bits());
        let folder = options.open(&path).with_context(|| format!("open {path}"))?;
        Ok(Self { folder })
    }

    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.folder.as_raw_fd()))
    }

    pub fn file(&self, machine: &str, component: &str) -> PathBuf {
        self.path().join(machine).join(format!("{component}.log"))
    }

    /// Copies them to `<target>/<machine>/<component>.log`.
    pub fn copy_to(&self, target: &Path) -> Result<()> {
        copy_tree(&self.path(), target)
            .with_context(|| format!("copy the logs to {}", target.display()))
    }
}

fn copy_tree(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let copy = target.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

/// The last lines of a file; empty when there is none.
pub fn tail(path: &Path, lines: usize) -> Vec<String> {
    const MOST: u64 = 64 * 1024;
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
        let mut end = Vec::new();
        file.take(MOST).read_to_end(&mut end)?;
        Ok(end)
    };
    let end = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&end);
    let all: Vec<_> = text.lines().map(str::to_owned).collect();
    all[all.len().saturating_sub(lines)..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(tail(&path, 2), ["two", "three"]);
        assert_eq!(tail(&path, 9).len(), 3);
        assert!(tail(&folder.path().join("none"), 2).is_empty());
    }

    #[test]
    fn folders_are_copied_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join("a"), folder.path().join("deep/b"));
        fs::create_dir_all(source.join("etcd")).unwrap();
        fs::write(source.join("etcd/etcd.log"), "x").unwrap();
        copy_tree(&source, &target).unwrap();
        assert_eq!(fs::read_to_string(target.join("etcd/etcd.log")).unwrap(), "x");
    }
}
