//! Coming up and going down is work, too: a scenario that measures in another lab is not to be
//! disturbed by it. The verifiers lock the same file.

use std::{
    fs::{File, TryLockError},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::time::sleep;

use super::say::say;

/// A wait in the kernel could not be interrupted.
const POLL: Duration = Duration::from_millis(20);

/// The lock that labs side by side share; a lone lab has none.
pub struct Turn {
    file: Option<File>,
}

impl Turn {
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| {
            let file = File::options().create(true).append(true).open(path);
            file.with_context(|| format!("open {}", path.display()))
        };
        Ok(Self { file: path.map(open).transpose()? })
    }

    /// Comes back when no other lab measures, or when it is enough: false.
    pub async fn take(&self, enough: impl Future<Output = ()>) -> bool {
        let Some(file) = &self.file else { return true };
        let mut waited = false;
        let wait = async {
            while let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
                if !waited {
                    say("waiting until the other lab has measured");
                }
                waited = true;
                sleep(POLL).await;
            }
        };
        tokio::select! {
            biased;
            () = wait => true,
            () = enough => false,
        }
    }

    pub fn give_back(&self) {
        if let Some(file) = &self.file {
            // The end of the process gives it back at the latest.
            let _ = file.unlock();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn a_lab_waits_for_who_measures_unless_it_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let (turn, other) = (Turn::open(Some(&path)).unwrap(), File::create(&path).unwrap());
        assert!(turn.take(pending()).await);
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)), "it is at work");
        turn.give_back();
        other.try_lock().unwrap();
        assert!(!turn.take(async { sleep(3 * POLL).await }).await);
        other.unlock().unwrap();
        other.try_lock().expect("who has had enough of waiting holds nothing");
        assert!(Turn::open(None).unwrap().take(ready(())).await, "a lone lab waits for nobody");
    }
}
