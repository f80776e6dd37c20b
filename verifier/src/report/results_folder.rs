//! Where everything that a run leaves behind lies.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::atomic_file::replace_link;

/// The folder's layout is an interface: see the README.
#[derive(Clone, Debug)]
pub struct ResultsFolder {
    path: PathBuf,
    /// How people are told where it is.
    shown: PathBuf,
}

/// Why there is no such folder; follows "failed to prepare the results".
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    #[error("{}: holds the results of another run; name an empty folder", folder.display())]
    Used { folder: PathBuf },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl ResultsFolder {
    /// A folder that the caller names; it may exist, but hold no run.
    pub fn named(path: &Path) -> Result<Self, ResultsError> {
        create(path)?;
        if path.join("events.jsonl").exists() {
            return Err(ResultsError::Used { folder: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), shown: path.to_owned() })
    }

    /// A new folder below `root`, to which `<root>/latest` points from now on.
    /// `moment` is an RFC 3339 timestamp.
    pub fn new_below(root: &Path, moment: &str, run_id: &str) -> Result<Self, ResultsError> {
        let plain: String = moment.chars().take(19).filter(char::is_ascii_alphanumeric).collect();
        let name = format!("{plain}-{run_id}");
        let folder = Self::named(&root.join(&name))?;
        let link = root.join("latest");
        replace_link(&link, Path::new(&name))
            .map_err(|source| ResultsError::Io { path: link.clone(), source })?;
        Ok(Self { shown: link, ..folder })
    }

    /// A folder in which a run has left its results.
    pub fn existing(path: &Path) -> Self {
        Self { path: path.to_owned(), shown: path.to_owned() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn shown(&self) -> &Path {
        &self.shown
    }

    pub fn plan(&self) -> PathBuf {
        self.path.join("plan.json")
    }

    pub fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    pub fn junit(&self) -> PathBuf {
        self.path.join("junit.xml")
    }

    pub fn json(&self) -> PathBuf {
        self.path.join("report.json")
    }

    pub fn page(&self) -> PathBuf {
        self.path.join("index.html")
    }

    pub fn trace(&self) -> PathBuf {
        self.path.join("trace.json")
    }

    pub fn digest(&self) -> PathBuf {
        self.path.join("digest.txt")
    }

    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }
}

fn create(path: &Path) -> Result<(), ResultsError> {
    fs::create_dir_all(path).map_err(|source| ResultsError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_run_is_linked_and_a_used_folder_refused() {
        let root = tempfile::tempdir().unwrap();
        for id in ["a1", "b2"] {
            let folder =
                ResultsFolder::new_below(root.path(), "2026-01-02T03:04:05.123Z", id).unwrap();
            fs::write(folder.events(), "").unwrap();
            assert_eq!(folder.shown(), root.path().join("latest"));
            assert_eq!(
                fs::read_link(root.path().join("latest")).unwrap(),
                Path::new(&format!("20260102T030405-{id}"))
            );
        }
        let error = ResultsFolder::named(&root.path().join("latest")).unwrap_err().to_string();
        assert!(error.contains("results of another run"), "{error}");
        let error = ResultsFolder::named(Path::new("/proc/nowhere")).unwrap_err().to_string();
        assert!(error.starts_with("/proc/nowhere: "), "{error}");
    }
}
