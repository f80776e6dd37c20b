//! Lets a scenario that measures have the machine for itself, beside other verifiers.
//!
//! All of them lock the same file: who measures alone, the others together. The kernel gives
//! the lock back when a process ends, however it ends.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::Interrupt;
use crate::{
    events::{Body, Waiting},
    evidence::{Recorder, StepError},
    plan::Scenario,
};

/// A wait in the kernel could not be interrupted.
const POLL: Duration = Duration::from_millis(50);

#[derive(Clone, Debug)]
pub struct ExclusiveLock {
    file: Arc<File>,
    path: PathBuf,
}

/// Held while a scenario runs, and given back when dropped.
pub(crate) struct Turn {
    file: Arc<File>,
}

impl ExclusiveLock {
    /// Makes the file where there is none.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { file: Arc::new(file), path: path.to_owned() })
    }

    /// Waits for the turn of a scenario, and says so once if it must wait. Nothing comes back
    /// when the run shall end.
    ///
    /// There is no queue: an exclusive scenario can be kept waiting until the others have done
    /// all they have to do. It is then late, and not less alone.
    pub(crate) async fn turn(
        &self,
        scenario: &Scenario,
        interrupt: &Interrupt,
        recorder: &Recorder,
    ) -> Result<Option<Turn>, StepError> {
        let (mut asked, since) = (0, Instant::now());
        while !interrupt.is_set() {
            asked += 1;
            if self.attempt(scenario.is_exclusive())? {
                return Ok(Some(Turn { file: self.file.clone() }));
            }
            if asked == 1 {
                recorder.enter(Some(scenario.id), None);
                recorder.emit(Body::Waiting(waiting(scenario, since.elapsed())));
            }
            tokio::select! {
                () = sleep(POLL) => {}
                () = interrupt.wanted() => {}
            }
        }
        Ok(None)
    }

    fn attempt(&self, alone: bool) -> Result<bool, StepError> {
        let locked = if alone { self.file.try_lock() } else { self.file.try_lock_shared() };
        match locked {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => {
                let path = self.path.display();
                Err(StepError::error(format!("failed to lock {path}: {error}")))
            }
        }
    }
}

fn waiting(scenario: &Scenario, elapsed: Duration) -> Waiting {
    let (what, status) = if scenario.is_exclusive() {
        ("it has the machine for itself", "another lab is at work")
    } else {
        ("another lab has measured", "it has the machine for itself")
    };
    let (what, status) = (what.to_owned(), status.to_owned());
    Waiting { what, status, asked: 1, elapsed_ms: elapsed.as_millis() as u64 }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The end of the process gives it back at the latest.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::plan::EXCLUSIVE;

    const SHARED: Scenario = Scenario {
        id: "shared",
        title: "",
        objective: "",
        source: "",
        labels: &[],
        requires: &[],
        steps: &[],
    };
    const ALONE: Scenario = Scenario { id: "alone", labels: &[EXCLUSIVE], ..SHARED };

    struct World {
        folder: tempfile::TempDir,
        interrupt: Interrupt,
        recorder: Recorder,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self { folder, interrupt: Interrupt::default(), recorder: Recorder::in_memory() }
        }

        /// Another verifier has another handle.
        fn lock(&self) -> ExclusiveLock {
            ExclusiveLock::open(&self.folder.path().join("lock")).unwrap()
        }

        async fn turn(&self, lock: &ExclusiveLock, scenario: &Scenario) -> Option<Turn> {
            lock.turn(scenario, &self.interrupt, &self.recorder).await.unwrap()
        }

        fn told(&self) -> usize {
            self.recorder.log().events().len()
        }
    }

    #[tokio::test]
    async fn scenarios_that_do_not_measure_run_side_by_side() {
        let world = World::new();
        let (one, other) = (world.lock(), world.lock());
        let _held = world.turn(&one, &SHARED).await.unwrap();
        assert!(world.turn(&other, &SHARED).await.is_some());
        assert_eq!(world.told(), 0, "nobody waited");
    }

    #[tokio::test]
    async fn who_measures_waits_for_the_others_and_they_for_it() {
        for (first, second) in [(&SHARED, &ALONE), (&ALONE, &SHARED), (&ALONE, &ALONE)] {
            let world = World::new();
            let (one, other) = (world.lock(), world.lock());
            let held = world.turn(&one, first).await.unwrap();
            let second = world.turn(&other, second);
            tokio::pin!(second);
            for _ in 0..3 {
                assert!(second.as_mut().now_or_never().is_none(), "it does not run");
                tokio::time::sleep(POLL).await;
            }
            assert_eq!(world.told(), 1, "it says once that it waits");
            drop(held);
            assert!(second.await.is_some());
        }
    }

    #[tokio::test]
    async fn an_interrupted_wait_ends_at_once_and_holds_nothing() {
        let world = World::new();
        let (one, other) = (world.lock(), world.lock());
        let held = world.turn(&one, &SHARED).await.unwrap();
        let waits = world.turn(&other, &ALONE);
        tokio::pin!(waits);
        assert!(waits.as_mut().now_or_never().is_none());
        world.interrupt.trigger();
        assert!(waits.await.is_none());
        drop(held);
        assert!(one.attempt(true).unwrap());
    }

    #[test]
    fn a_file_that_cannot_be_made_is_told() {
        assert!(ExclusiveLock::open(Path::new("/proc/nowhere/lock")).is_err());
    }
}
