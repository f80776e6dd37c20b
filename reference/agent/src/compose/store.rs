//! The folder in which the agent keeps its projects: one folder each, which counts once it has
//! a record. What a former life of the agent left without one is removed at the start.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use super::fault::ProjectFault;
use super::project::Project;

/// The record in a project's folder.
const RECORD: &str = "project.json";
const PROJECTS: &str = "projects";
const LOCK: &str = "lock";

/// Why the agent cannot use its folder.
#[derive(Debug, thiserror::Error)]
pub enum StateFault {
    #[error("{}: {cause}", path.display())]
    Unusable { path: PathBuf, cause: io::Error },
    #[error("{}: another agent uses it", .0.display())]
    InUse(PathBuf),
}

/// All projects of this node; clones share them.
#[derive(Clone, Debug)]
pub struct ProjectStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    /// Held as long as the agent lives.
    _lock: File,
    projects: Mutex<BTreeMap<String, Arc<Project>>>,
}

/// A folder that is being filled; it goes with this, unless it is adopted.
#[derive(Debug)]
pub struct Draft {
    folder: TempDir,
}

impl Draft {
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that nobody else can read.
    pub fn write(&self, file: &Path, content: &[u8]) -> Result<(), ProjectFault> {
        write_private(file, content).map_err(ProjectFault::files)
    }
}

impl ProjectStore {
    /// Opens the folder, makes it if need be, and reads what is there.
    pub fn open(root: &Path) -> Result<Self, StateFault> {
        let failed = |cause| StateFault::Unusable { path: root.to_owned(), cause };
        make_private(&root.join(PROJECTS)).map_err(failed)?;
        let root = root.canonicalize().map_err(failed)?;
        let lock = File::options()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(root.join(LOCK))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(StateFault::InUse(root)),
            Err(fs::TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        let projects = read_all(&root.join(PROJECTS)).map_err(failed)?;
        Ok(Self { inner: Arc::new(Inner { root, _lock: lock, projects: Mutex::new(projects) }) })
    }

    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// A new folder.
    pub fn draft(&self) -> Result<Draft, ProjectFault> {
        let folder = tempfile::Builder::new()
            .prefix("project-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(self.inner.root.join(PROJECTS))
            .map_err(ProjectFault::files)?;
        Ok(Draft { folder })
    }

    /// Makes a folder its workload's project. Whatever was that before goes.
    pub fn adopt(&self, draft: Draft, mut project: Project) -> Result<Arc<Project>, ProjectFault> {
        let record = serde_json::to_vec_pretty(&project).map_err(ProjectFault::files)?;
        draft.write(&draft.folder().join(RECORD), &record)?;
        project.folder = draft.folder.keep();
        let project = Arc::new(project);
        let former = self.projects().insert(project.workload_id.clone(), Arc::clone(&project));
        former.iter().for_each(|former| self.discard(former));
        Ok(project)
    }

    pub fn get(&self, workload_id: &str) -> Option<Arc<Project>> {
        self.projects().get(workload_id).cloned()
    }

    pub fn all(&self) -> Vec<Arc<Project>> {
        self.projects().values().cloned().collect()
    }

    /// Takes a project out of the list; its files stay.
    pub fn take(&self, workload_id: &str) -> Option<Arc<Project>> {
        self.projects().remove(workload_id)
    }

    /// Lists one again that was taken out, unless there is another by now.
    pub fn put_back(&self, project: Arc<Project>) {
        self.projects().entry(project.workload_id.clone()).or_insert(project);
    }

    /// Removes the files of a project that was taken out.
    pub fn discard(&self, project: &Project) {
        // Without its record a folder that cannot be removed now is removed at the next start.
        let removed = fs::remove_file(project.folder.join(RECORD))
            .and_then(|()| fs::remove_dir_all(&project.folder));
        if let Err(error) = removed {
            tracing::warn!(
                workloadId = project.workload_id, %error, "failed to remove a project's files"
            );
        }
    }

    fn projects(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Project>>> {
        self.inner.projects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_all(folder: &Path) -> io::Result<BTreeMap<String, Arc<Project>>> {
    let mut projects = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let folder = entry?.path();
        match read(&folder) {
            Some(project) if !projects.contains_key(&project.workload_id) => {
                projects.insert(project.workload_id.clone(), Arc::new(project));
            }
            _ => {
                tracing::info!("removing what is left of a project");
                let removed = if folder.is_dir() {
                    fs::remove_dir_all(&folder)
                } else {
                    fs::remove_file(&folder)
                };
                if let Err(error) = removed {
                    tracing::warn!(%error, "failed to remove what is left of a project");
                }
            }
        }
    }
    Ok(projects)
}

fn read(folder: &Path) -> Option<Project> {
    let record = fs::read(folder.join(RECORD)).ok()?;
    let project: Project = serde_json::from_slice(&record).ok()?;
    Some(Project { folder: folder.to_owned(), ..project })
}

fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn write_private(file: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(file)?;
    file.write_all(content)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
