//! Fills a disk until little is left.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use nix::{
    errno::Errno,
    fcntl::{FallocateFlags, fallocate},
    sys::statvfs::statvfs,
};
use tokio_util::sync::CancellationToken;

use crate::{
    protocol::{LeaseId, RefusalCode},
    refused::Refused,
};

/// Where a disk may be filled, and how much.
#[derive(Clone, Debug)]
pub struct DiskLimits {
    /// The folders below which files may be made.
    pub roots: Vec<PathBuf>,
    /// The most that is written, in bytes.
    pub most_bytes: u64,
}

#[derive(Debug)]
pub(crate) struct Disks {
    limits: DiskLimits,
    writing: Mutex<HashMap<LeaseId, Writing>>,
}

/// A file that is being written, or was.
#[derive(Clone, Debug, Default)]
struct Writing {
    /// Cancelled to have it broken off.
    abort: CancellationToken,
    /// Cancelled once nothing more is written.
    ended: CancellationToken,
}

impl Disks {
    pub(crate) fn new(limits: DiskLimits) -> Self {
        Self { limits, writing: Mutex::default() }
    }

    /// Refuses other folders than those allowed, and disks that are too large or
    /// full already.
    pub(crate) fn check(&self, folder: &Path, leave_bytes: u64) -> Result<(), Refused> {
        self.needed(folder, leave_bytes).map(drop)
    }

    pub(crate) async fn fill(
        &self,
        lease: LeaseId,
        folder: &Path,
        leave_bytes: u64,
    ) -> Result<(), Refused> {
        let bytes = self.needed(folder, leave_bytes)?;
        let path = file_of(lease, folder);
        let Writing { abort, ended } = self.begin(lease);
        // It goes on when nobody waits for it any more, and ends all the same.
        let task = tokio::task::spawn_blocking(move || {
            let _ended = ended.drop_guard();
            take(&path, bytes, &abort)
        });
        let outcome = task.await.map_err(|error| Refused::failed(error.to_string()))?;
        outcome.map_err(|error| Refused::failed(format!("failed to fill the disk: {error}")))
    }

    /// Whoever writes the file still is made to end first: what is written to a file without
    /// a name would fill the disk on.
    pub(crate) async fn empty(&self, lease: LeaseId, folder: &Path) -> Result<String, String> {
        let writing = self.writing().get(&lease).cloned();
        if let Some(Writing { abort, ended }) = writing {
            abort.cancel();
            ended.cancelled().await;
        }
        let emptied = remove(&file_of(lease, folder), folder);
        if emptied.is_ok() {
            self.writing().remove(&lease);
        }
        emptied
    }

    fn begin(&self, lease: LeaseId) -> Writing {
        let writing = Writing::default();
        self.writing().insert(lease, writing.clone());
        writing
    }

    fn writing(&self) -> MutexGuard<'_, HashMap<LeaseId, Writing>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn needed(&self, folder: &Path, leave_bytes: u64) -> Result<u64, Refused> {
        let bad = |error: String| Refused::new(RefusalCode::BadRequest, error);
        let real = fs::canonicalize(folder)
            .map_err(|error| bad(format!("failed to find {}: {error}", folder.display())))?;
        if !real.is_dir() || !self.limits.roots.iter().any(|root| real.starts_with(root)) {
            return Err(bad(format!("{} may not be filled on this machine", folder.display())));
        }
        let free = available(&real).map_err(|error| Refused::failed(error.to_string()))?;
        let Some(bytes) = free.checked_sub(leave_bytes).filter(|bytes| *bytes > 0) else {
            return Err(Refused::new(
                RefusalCode::Conflict,
                format!("only {free} bytes are available, so none need be taken"),
            ));
        };
        if bytes > self.limits.most_bytes {
            let most = self.limits.most_bytes;
            return Err(bad(format!(
                "{bytes} bytes would have to be written, over the {most} allowed"
            )));
        }
        Ok(bytes)
    }
}

fn file_of(lease: LeaseId, folder: &Path) -> PathBuf {
    folder.join(format!(".persys-faultd-fill-{lease}"))
}

fn remove(path: &Path, folder: &Path) -> Result<String, String> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok("the disk was not filled".to_owned());
        }
        Err(error) => return Err(format!("failed to remove {}: {error}", path.display())),
    }
    let left = available(folder).map_err(|error| error.to_string())?;
    Ok(format!("{left} bytes are available again"))
}

/// What is left for everybody, in bytes.
fn available(folder: &Path) -> io::Result<u64> {
    let found = statvfs(folder)?;
    Ok(found.blocks_available() * found.fragment_size())
}

fn take(path: &Path, bytes: u64, abort: &CancellationToken) -> io::Result<()> {
    let mut file = File::create(path)?;
    let length = i64::try_from(bytes).map_err(io::Error::other)?;
    match fallocate(&file, FallocateFlags::empty(), 0, length) {
        Err(Errno::EOPNOTSUPP) => write_zeros(&mut file, bytes, abort),
        // Others took some of it meanwhile: the disk is as full as it was to be.
        Err(Errno::ENOSPC) => write_zeros(&mut file, bytes, abort),
        outcome => outcome.map_err(io::Error::from),
    }
}

fn write_zeros(file: &mut File, mut bytes: u64, abort: &CancellationToken) -> io::Result<()> {
    let zeros = vec![0; 1 << 20];
    while bytes > 0 {
        if abort.is_cancelled() {
            return Err(io::Error::other("the lease ended before all was written"));
        }
        let next = bytes.min(zeros.len() as u64);
        match file.write_all(&zeros[..usize::try_from(next).unwrap_or(zeros.len())]) {
            Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
            outcome => outcome?,
        }
        bytes -= next;
    }
    file.sync_all()
}

#[cfg(test)]
#[path = "fill_disk_tests.rs"]
mod tests;
