//! Which scheduler gets a request, and what may be tried again (contract §3.1).

use persys_reference_base::defect;
use std::{sync::Arc, time::Duration};

use axum::response::Response;
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

#[cfg(feature = "defects")]
use super::scheduler::Health;
use super::{
    answer::Answer,
    attempt::{AttemptError, attempt_safely, exchange},
    connection::Connection,
    outgoing::Outgoing,
    scheduler::Scheduler,
    schedulers::Schedulers,
};

/// After this long without an answer a safe request is sent to the next
/// scheduler as well. The first answer counts: a scheduler that is merely slow
/// loses nothing, one that is frozen delays nobody for longer.
const SAFE_STAGGER: Duration = Duration::from_millis(700);
/// After this long without a connection the next scheduler is connected to as
/// well. Nothing has been sent by then, so this is as right for a POST.
const CONNECT_STAGGER: Duration = Duration::from_millis(250);

/// Why no scheduler answered.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    #[error("find a scheduler")]
    NoneKnown,
    #[error("reach a scheduler: {0}")]
    Unreachable(AttemptError),
    /// It may have been carried out.
    #[error(transparent)]
    Broken(AttemptError),
    #[error("get a scheduler's answer in time")]
    Timeout,
}

impl ForwardError {
    fn of(error: AttemptError) -> Self {
        match error {
            error if error.is_timeout() => Self::Timeout,
            error if error.was_never_sent() => Self::Unreachable(error),
            error => Self::Broken(error),
        }
    }
}

impl Schedulers {
    /// Sends a request to a scheduler and gives its answer, at the latest after `limit`.
    pub async fn forward(
        &self,
        outgoing: &Outgoing,
        limit: Duration,
    ) -> Result<Response, ForwardError> {
        let deadline = Instant::now() + limit;
        let candidates = self.in_order();
        if candidates.is_empty() {
            return Err(ForwardError::NoneKnown);
        }
        defect!("dead-records-cost-seconds" => if persys_reference_base::defects::every(3) {
            self.await_the_dead(&candidates).await;
        });
        let (answer, scheduler) = if outgoing.is_safe() {
            self.ask_each(outgoing, candidates, deadline).await?
        } else {
            let ordering = self.order_once(outgoing, candidates);
            timeout_at(deadline, ordering).await.unwrap_or(Err(ForwardError::Timeout))?
        };
        self.answered(&scheduler);
        Ok(answer.into_response(&scheduler))
    }

    /// Waits for an answer of each scheduler that is known to give none.
    #[cfg(feature = "defects")]
    async fn await_the_dead(&self, candidates: &[Arc<Scheduler>]) {
        let dead = candidates.iter().filter(|candidate| candidate.health() == Health::Down);
        for endpoint in dead.map(|scheduler| scheduler.endpoint()) {
            // Who refuses a connection does so at once, who is silent does so each time.
            for _ in 0..3 {
                drop(self.shared.connector.connect(endpoint).await);
            }
        }
    }

    /// Asks one scheduler after the other until one answers. That one's store is
    /// away is an answer only when no other gives a better one.
    async fn ask_each(
        &self,
        outgoing: &Outgoing,
        candidates: Vec<Arc<Scheduler>>,
        deadline: Instant,
    ) -> Result<(Answer, Arc<Scheduler>), ForwardError> {
        let mut candidates = candidates.into_iter();
        let mut asked = FuturesUnordered::new();
        let mut without_store = None;
        let mut problem = ForwardError::NoneKnown;
        let mut late: Option<Arc<Scheduler>> = None;
        loop {
            // One that was asked and is silent is probed: is it slow or frozen?
            if let Some(late) = late.take() {
                late.doubt.notify_one();
            }
            match candidates.next() {
                Some(scheduler) => {
                    late = Some(scheduler.clone());
                    let connector = &self.shared.connector;
                    asked.push(async move {
                        let outcome = attempt_safely(connector, &scheduler, outgoing).await;
                        (outcome, scheduler)
                    });
                }
                None if asked.is_empty() => return without_store.ok_or(problem),
                None => {}
            }
            let next_may_begin = async {
                match candidates.len() {
                    0 => std::future::pending().await,
                    _ => {
                        sleep(defect!(
                            "silent-schedulers-awaited",
                            SAFE_STAGGER * 1000,
                            SAFE_STAGGER
                        ))
                        .await
                    }
                }
            };
            tokio::select! {
                Some((outcome, scheduler)) = asked.next() => match outcome {
                    Ok(answer) if answer.is_without_store() => {
                        self.shared.learn_without_store(&scheduler);
                        without_store.get_or_insert((answer, scheduler));
                    }
                    Ok(answer) => return Ok((answer, scheduler)),
                    Err(error) => {
                        defect!("reads-not-tried-elsewhere" => return Err(ForwardError::of(error)));
                        self.shared.failed(&scheduler, &error);
                        problem = ForwardError::of(error);
                    }
                },
                () = next_may_begin => {}
                () = sleep_until(deadline) => return without_store.ok_or(ForwardError::Timeout),
            }
        }
    }

    /// Sends a request that must not be carried out twice: to the first scheduler
    /// that a connection can be made to, and to another one only if it was not sent.
    async fn order_once(
        &self,
        outgoing: &Outgoing,
        mut candidates: Vec<Arc<Scheduler>>,
    ) -> Result<(Answer, Arc<Scheduler>), ForwardError> {
        defect!("orders-go-to-the-dead" => candidates = self.whoever_is_next());
        loop {
            let (connection, scheduler) = self.connect_to_one(&candidates).await?;
            match exchange(connection, &scheduler, outgoing).await {
                Ok(answer) => {
                    if answer.is_without_store() {
                        self.shared.learn_without_store(&scheduler);
                    }
                    defect!("orders-sent-twice" => for other in self.in_order() {
                        let connector = &self.shared.connector;
                        drop(super::attempt::attempt_anew(connector, &other, outgoing).await);
                    });
                    return Ok((answer, scheduler));
                }
                Err(error) => {
                    self.shared.failed(&scheduler, &error);
                    candidates.retain(|candidate| !Arc::ptr_eq(candidate, &scheduler));
                    let repeatable =
                        defect!("broken-orders-repeated", true, error.was_never_sent());
                    if !repeatable || candidates.is_empty() {
                        return Err(ForwardError::of(error));
                    }
                }
            }
        }
    }

    /// Makes a new connection to the first of some schedulers that takes one.
    async fn connect_to_one(
        &self,
        candidates: &[Arc<Scheduler>],
    ) -> Result<(Connection, Arc<Scheduler>), ForwardError> {
        let mut candidates = candidates.iter();
        let mut connecting = FuturesUnordered::new();
        let mut problem = ForwardError::NoneKnown;
        let mut late: Option<&Arc<Scheduler>> = None;
        loop {
            if let Some(late) = late.take() {
                late.doubt.notify_one();
            }
            match candidates.next() {
                Some(scheduler) => {
                    late = Some(scheduler);
                    connecting.push(async move {
                        let connection = self.shared.connector.connect(scheduler.endpoint()).await;
                        (connection, scheduler)
                    });
                }
                None if connecting.is_empty() => return Err(problem),
                None => {}
            }
            let next_may_begin = async {
                match candidates.len() {
                    0 => std::future::pending().await,
                    _ => sleep(CONNECT_STAGGER).await,
                }
            };
            tokio::select! {
                Some((outcome, scheduler)) = connecting.next() => match outcome {
                    Ok(connection) => return Ok((connection, scheduler.clone())),
                    Err(error) => {
                        let error = AttemptError::from(error);
                        self.shared.failed(scheduler, &error);
                        problem = ForwardError::of(error);
                    }
                },
                () = next_may_begin => {}
            }
        }
    }
}
