//! The leases on disk, so that a daemon that was killed heals when it is back.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::protocol::Lease;

/// Why the state could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    #[error("write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("understand {}: {source}", path.display())]
    Garbled { path: PathBuf, source: serde_json::Error },
}

#[derive(Serialize, Deserialize)]
struct Content {
    schema: u32,
    leases: Vec<Lease>,
}

/// `<folder>/leases.json`, always whole: it is replaced, never overwritten.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    const SCHEMA: u32 = 1;

    /// Makes the folder where there is none.
    pub fn in_folder(folder: &Path) -> Result<Self, StateFileError> {
        fs::create_dir_all(folder)
            .map_err(|source| StateFileError::Write { path: folder.to_owned(), source })?;
        Ok(Self { path: folder.join("leases.json") })
    }

    /// Replaces what was kept.
    pub fn write<'l>(&self, leases: impl Iterator<Item = &'l Lease>) -> Result<(), StateFileError> {
        let write = |source| StateFileError::Write { path: self.path.clone(), source };
        let content = Content { schema: Self::SCHEMA, leases: leases.cloned().collect() };
        let text = serde_json::to_vec_pretty(&content).map_err(|error| write(error.into()))?;
        let fresh = self.path.with_extension("new");
        fs::write(&fresh, text).map_err(write)?;
        // What must be outlived is a killed process, not a power cut: that heals by itself.
        fs::rename(&fresh, &self.path).map_err(write)
    }

    /// What an earlier process kept; nothing when there was none.
    pub fn read(&self) -> Result<Vec<Lease>, StateFileError> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(StateFileError::Read { path: self.path.clone(), source }),
        };
        Self::leases_in(&text)
            .map_err(|source| StateFileError::Garbled { path: self.path.clone(), source })
    }

    pub(crate) fn leases_in(text: &[u8]) -> serde_json::Result<Vec<Lease>> {
        Ok(serde_json::from_slice::<Content>(text)?.leases)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::protocol::{Fault, LeaseId, LeaseState};

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::in_folder(&folder.path().join("a/b")).unwrap();
        assert_eq!(file.read().unwrap(), []);
        let lease = Lease {
            id: LeaseId::random(),
            fault: Fault::Stop { component: "etcd".to_owned() },
            state: LeaseState::Active,
            created_at: Timestamp::UNIX_EPOCH,
            effective_at: None,
            expires_at: Timestamp::UNIX_EPOCH,
            ended: None,
        };
        file.write([&lease].into_iter()).unwrap();
        assert_eq!(file.read().unwrap(), [lease]);
        file.write([].into_iter()).unwrap();
        assert_eq!(file.read().unwrap(), []);
    }

    #[test]
    fn a_garbled_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::in_folder(folder.path()).unwrap();
        fs::write(&file.path, b"{\"schema\":1,").unwrap();
        let error = file.read().unwrap_err();
        assert!(error.to_string().contains("leases.json"), "{error}");
    }
}
