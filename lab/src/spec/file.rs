//! A file that a machine is given.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSpec {
    pub path: PathBuf,
    pub mode: u32,
    pub contents: String,
}

impl FileSpec {
    pub fn new(path: impl Into<PathBuf>, mode: u32, contents: impl Into<String>) -> Self {
        Self { path: path.into(), mode, contents: contents.into() }
    }

    /// Writes the file and the folders above it.
    pub fn write(&self) -> Result<()> {
        let write = || {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(self.mode)
                .open(&self.path)?
                .write_all(self.contents.as_bytes())
        };
        write().with_context(|| format!("write {}", self.path.display()))
    }
}
