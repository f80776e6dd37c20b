//! When etcd was at which revision: what a watch tells late, this tells for certain.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use time::OffsetDateTime;
use tokio::{task::AbortHandle, time::sleep};

use super::{EtcdProbe, ProbeError};

/// How exactly a time is known.
const EVERY: Duration = Duration::from_millis(20);

/// Asks for the store's revision until it is dropped.
pub struct RevisionClock {
    samples: Arc<Mutex<Vec<Sample>>>,
    task: AbortHandle,
}

/// What was asked then was answered with this revision, so that no later one was there yet.
#[derive(Clone, Copy, Debug)]
struct Sample {
    asked: OffsetDateTime,
    revision: i64,
}

impl RevisionClock {
    /// The first answer is there when it returns. None of them is recorded.
    pub async fn start(etcd: EtcdProbe) -> Result<Self, ProbeError> {
        let etcd = etcd.quiet();
        let samples = Arc::new(Mutex::new(vec![sample(&etcd).await?]));
        let kept = samples.clone();
        let asking = async move {
            loop {
                sleep(EVERY).await;
                // An answer that is missing leaves a time unknown, and is no error.
                if let Ok(sample) = sample(&etcd).await {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
                }
            }
        };
        Ok(Self { samples, task: tokio::spawn(asking).abort_handle() })
    }

    /// The last known moment at which a revision was still to come; none if it had come before
    /// the clock was started.
    pub fn last_before(&self, revision: i64) -> Option<OffsetDateTime> {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.iter().filter(|sample| sample.revision < revision).map(|sample| sample.asked).max()
    }

    /// Whether anybody has looked since a moment, and for how long after it nobody had.
    pub fn looked_after(&self, moment: OffsetDateTime) -> Option<time::Duration> {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.iter().map(|sample| sample.asked - moment).filter(|after| after.is_positive()).min()
    }
}

impl Drop for RevisionClock {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn sample(etcd: &EtcdProbe) -> Result<Sample, ProbeError> {
    let asked = OffsetDateTime::now_utc();
    Ok(Sample { asked, revision: etcd.revision().await? })
}
