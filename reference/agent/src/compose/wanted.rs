//! For how long a project's bringing up is wanted.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How long a project that is being brought up may go on once the agent is told to stop.
const GRACE: Duration = Duration::from_millis(1500);

/// Until its workload is removed or the agent stops.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub cancelled: CancellationToken,
    pub stopping: CancellationToken,
}

impl Wanted {
    /// Returns when it is not wanted any more, for what can be broken off at any time.
    pub async fn given_up(&self) {
        tokio::select! {
            () = self.cancelled.cancelled() => {}
            () = self.stopping.cancelled() => {}
        }
    }

    /// The same for what had better come to its end: an agent that stops waits a little.
    pub async fn broken_off(&self) {
        let stopped = async {
            self.stopping.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = self.cancelled.cancelled() => {}
            () = stopped => {}
        }
    }
}
