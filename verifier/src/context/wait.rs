//! The one way to wait: ask until it is so, and on the deadline tell what was
//! seen instead.

use std::{future::Future, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout, timeout_at},
};

use super::wait_board::{Awaited, WaitBoard, WaitEnd};
use crate::{
    events::{Body, Waiting},
    evidence::{Progress, Recorder, StepError},
};

/// The first pause between two questions; it doubles while nothing changes.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// Nobody is asked more often than this.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
/// Between two `waiting` events.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// After so long without an answer that is what is told.
const SILENCE: Duration = Duration::from_secs(1);

type Changed = Box<dyn FnMut() -> BoxFuture<'static, ()> + Send>;

/// A wait being set up; [`Wait::until`] starts it.
#[must_use = "nothing is awaited before until() is called"]
pub struct Wait {
    what: String,
    recorder: Recorder,
    board: Arc<WaitBoard>,
    deadline: Instant,
    whole_step: bool,
    every: Option<Duration>,
    wakers: Vec<Changed>,
    environment: bool,
}

impl Wait {
    pub(crate) fn new(
        what: String,
        recorder: Recorder,
        board: Arc<WaitBoard>,
        deadline: Instant,
    ) -> Self {
        Self {
            what,
            recorder,
            board,
            deadline,
            whole_step: true,
            every: None,
            wakers: Vec::new(),
            environment: false,
        }
    }

    /// Waits no longer than this; never longer than the step's budget.
    pub fn within(mut self, duration: Duration) -> Self {
        let earlier = Instant::now() + duration;
        if earlier < self.deadline {
            self.deadline = earlier;
            self.whole_step = false;
        }
        self
    }

    /// Asks at this interval, at least 20 ms, instead of 25 ms growing to 200 ms.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = Some(interval.max(SHORTEST_PAUSE));
        self
    }

    /// Asks at once when notified.
    pub fn wake_on(mut self, notify: Arc<Notify>) -> Self {
        self.wakers.push(Box::new(move || {
            let notify = notify.clone();
            Box::pin(async move { notify.notified().await })
        }));
        self
    }

    /// Asks at once when the watched value changes.
    pub fn wake_on_watch<T: Send + Sync + 'static>(mut self, receiver: watch::Receiver<T>) -> Self {
        let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
        self.wakers.push(Box::new(move || {
            let receiver = receiver.clone();
            Box::pin(async move {
                if receiver.lock().await.changed().await.is_err() {
                    // The source is gone; what is left is asking at intervals.
                    std::future::pending::<()>().await;
                }
            })
        }));
        self
    }

    /// Time running out is then the environment's error, not the platform's failure.
    pub fn or_error(mut self) -> Self {
        self.environment = true;
        self
    }

    /// Asks until the answer is [`Progress::Ready`] or [`Progress::Fatal`], or
    /// time is up. A question that is not answered by then is dropped.
    pub async fn until<T, F, Fut>(mut self, mut ask: F) -> Result<T, StepError>
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Progress<T>> + Send,
    {
        let awaited = self.board.begin(&self.what);
        let mut told = Told::default();
        let mut pause = self.every.unwrap_or(FIRST_PAUSE);
        loop {
            awaited.asking();
            let answer = timeout_at(self.deadline, ask());
            tokio::pin!(answer);
            let answer = match timeout(SILENCE, &mut answer).await {
                Ok(answer) => answer,
                Err(_) => {
                    told.tell(&self.recorder, &awaited);
                    answer.await
                }
            };
            match answer {
                Ok(Progress::Ready(value)) => {
                    awaited.end(WaitEnd::Ready);
                    return Ok(value);
                }
                Ok(Progress::Fatal(error)) => {
                    awaited.end(WaitEnd::Fatal);
                    return Err(error.context(format_args!("while waiting until {}", self.what)));
                }
                Ok(Progress::NotYet(status)) => {
                    if awaited.saw(status) && self.every.is_none() {
                        pause = FIRST_PAUSE;
                    }
                }
                Err(_) => return Err(self.timed_out(&awaited)),
            }
            told.tell(&self.recorder, &awaited);
            let next = Instant::now() + pause;
            if next >= self.deadline {
                // The last question is asked just before time is up.
                let last = self.deadline - SHORTEST_PAUSE.min(pause);
                if Instant::now() >= last {
                    return Err(self.timed_out(&awaited));
                }
                self.pause(last).await;
            } else {
                self.pause(next).await;
            }
            if self.every.is_none() {
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    async fn pause(&mut self, until: Instant) {
        if self.wakers.is_empty() {
            return sleep_until(until).await;
        }
        let changes = self.wakers.iter_mut().map(|changed| changed());
        tokio::select! {
            () = sleep_until(until) => {}
            _ = futures::future::select_all(changes) => {
                // However many events there are, nobody is asked without pause.
                sleep_until((Instant::now() + SHORTEST_PAUSE).min(until)).await;
            }
        }
    }

    fn timed_out(&self, awaited: &Awaited) -> StepError {
        let limit = if self.whole_step { "the rest of the step's budget" } else { "its limit" };
        awaited.end(WaitEnd::TimedOut);
        let message = awaited.explain(limit);
        if self.environment { StepError::error(message) } else { StepError::failed(message) }
    }
}

/// Tells the run's followers of changes, and not of every question.
#[derive(Default)]
struct Told {
    status: Option<String>,
    at: Option<Instant>,
}

impl Told {
    fn tell(&mut self, recorder: &Recorder, awaited: &Awaited) {
        let Some(seen) = awaited.snapshot() else { return };
        let now = Instant::now();
        let soon = self.at.is_some_and(|at| now - at < TELL_EVERY);
        if soon || self.status.as_deref() == Some(seen.status()) {
            return;
        }
        self.status = Some(seen.status().to_owned());
        self.at = Some(now);
        recorder.emit(Body::Waiting(Waiting {
            what: seen.what.clone(),
            status: seen.status().to_owned(),
            asked: seen.asked,
            elapsed_ms: (now - seen.since).as_millis() as u64,
        }));
    }
}

#[cfg(test)]
#[path = "wait_tests.rs"]
mod tests;
