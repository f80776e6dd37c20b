//! The life of one lease, from its order to its healing.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{Effects, book::Book};
use crate::{
    protocol::{Ended, Ending, Fault, Healing, Lease, LeaseId, LeaseState, RefusalCode},
    refused::Refused,
};

/// What can happen to a lease.
pub(super) enum Order {
    Renew(Duration, oneshot::Sender<Result<Lease, Refused>>),
    End(Ending, oneshot::Sender<Lease>),
}

/// Who looks after one lease. Runs as a task of its own, whatever becomes of the
/// request that asked for it.
pub(super) struct Tenure {
    pub(super) id: LeaseId,
    pub(super) fault: Fault,
    pub(super) ttl: Duration,
    pub(super) effects: Arc<dyn Effects>,
    pub(super) book: Arc<Mutex<Book>>,
    pub(super) orders: mpsc::Receiver<Order>,
}

impl Tenure {
    /// How long a fault may take to come into effect, or to heal. More than the
    /// supervisor gives a component to stop.
    const EFFECT_TIMEOUT: Duration = Duration::from_secs(20);
    const FIRST_PAUSE: Duration = Duration::from_millis(500);
    const LONGEST_PAUSE: Duration = Duration::from_secs(10);

    /// Injects, keeps and heals.
    pub(super) async fn run(mut self, injected: oneshot::Sender<Result<Lease, Refused>>) {
        let injecting = self.effects.inject(self.id, &self.fault);
        let outcome = timeout(Self::EFFECT_TIMEOUT, injecting).await.unwrap_or_else(|_| {
            let within = Self::EFFECT_TIMEOUT;
            Err(Refused::failed(format!("the fault did not take effect within {within:?}")))
        });
        if let Err(refused) = outcome {
            tracing::warn!(lease = %self.id, reason = %refused, "fault not injected");
            // What came into effect in part is taken back before the caller hears of it.
            let (told, healed) = oneshot::channel();
            let healing = self.heal(Ending::NotInjected, vec![told]);
            let answering = async {
                let _ = healed.await;
                let _ = injected.send(Err(refused));
            };
            tokio::join!(healing, answering);
            return;
        }
        let deadline = Instant::now() + self.ttl;
        let lease = self.note_effect().await;
        let lease = self.expire_in(self.ttl).await.or(lease);
        tracing::info!(lease = %self.id, fault = %self.fault, "fault injected");
        if let Some(lease) = lease {
            let _ = injected.send(Ok(lease));
        }
        let (how, waiting) = self.keep(deadline).await;
        self.heal(how, waiting.into_iter().collect()).await;
    }

    /// Waits for the end of the lease.
    async fn keep(&mut self, mut deadline: Instant) -> (Ending, Option<oneshot::Sender<Lease>>) {
        loop {
            tokio::select! {
                biased;
                order = self.orders.recv() => match order {
                    Some(Order::Renew(ttl, reply)) => {
                        deadline = Instant::now() + ttl;
                        if let Some(lease) = self.expire_in(ttl).await {
                            let _ = reply.send(Ok(lease));
                        }
                    }
                    Some(Order::End(how, reply)) => return (how, Some(reply)),
                    None => return (Ending::Shutdown, None),
                },
                () = sleep_until(deadline) => return (Ending::Expired, None),
            }
        }
    }

    /// Takes the fault back, again and again until it is gone. `waiting` hear the
    /// outcome of the next attempt.
    pub(super) async fn heal(mut self, how: Ending, mut waiting: Vec<oneshot::Sender<Lease>>) {
        let begun = Instant::now();
        let mut pause = Self::FIRST_PAUSE;
        let found = self.change(|lease| lease.state = LeaseState::Healing).await;
        if found.is_none_or(|lease| lease.effective_at.is_none()) {
            let _ = timeout(Self::EFFECT_TIMEOUT, self.effects.settle(&self.fault)).await;
        }
        for attempts in 1.. {
            self.change(|lease| lease.state = LeaseState::Healing).await;
            let healing = self.effects.heal(self.id, &self.fault);
            let outcome = timeout(Self::EFFECT_TIMEOUT, healing).await.unwrap_or_else(|_| {
                Err(format!("the fault was not gone within {:?}", Self::EFFECT_TIMEOUT))
            });
            let healed = outcome.is_ok();
            let (seen, error) = match outcome {
                Ok(seen) => (Some(seen), None),
                Err(error) => (None, Some(error)),
            };
            tracing::info!(lease = %self.id, fault = %self.fault, ?how, healed, attempts,
                seen = seen.as_deref(), reason = error.as_deref(), "fault taken back");
            let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            let ended = Ended {
                at: Timestamp::now(),
                how,
                healing: Healing { seen, error, attempts, took_ms },
            };
            let lease = self.note_end(ended, healed).await;
            for reply in waiting.drain(..) {
                let _ = reply.send(lease.clone());
            }
            if healed {
                self.dismiss(&lease);
                return;
            }
            waiting.extend(self.next_attempt(pause).await);
            pause = (pause * 2).min(Self::LONGEST_PAUSE);
        }
    }

    /// On disk too: a fault that took effect is healed otherwise than one that is
    /// perhaps on its way.
    async fn note_effect(&self) -> Option<Lease> {
        let mut book = self.book.lock().await;
        let lease = book.change(self.id, |lease| {
            lease.state = LeaseState::Active;
            lease.effective_at = Some(Timestamp::now());
        });
        if let Err(error) = book.save() {
            tracing::error!(lease = %self.id, reason = %error, "state not written");
        }
        lease
    }

    async fn note_end(&self, ended: Ended, healed: bool) -> Lease {
        let mut book = self.book.lock().await;
        let lease = book.change(self.id, |lease| {
            lease.state = if healed { LeaseState::Healed } else { LeaseState::HealFailed };
            lease.ended = Some(ended);
        });
        if healed && let Err(error) = book.close(self.id) {
            // The lease would be healed once more after a restart, which does no harm.
            tracing::error!(lease = %self.id, reason = %error, "state not written");
        }
        lease.expect("a lease is in the book until its tenure closes it")
    }

    /// Waits before the next attempt; somebody who asks makes it come at once.
    async fn next_attempt(&mut self, pause: Duration) -> Option<oneshot::Sender<Lease>> {
        let pause = sleep(pause);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::End(_, reply)) => return Some(reply),
                    Some(Order::Renew(_, reply)) => { let _ = reply.send(Err(ended())); }
                    None => { pause.as_mut().await; return None }
                },
                () = &mut pause => return None,
            }
        }
    }

    /// Answers those who came while the fault was being healed.
    fn dismiss(&mut self, lease: &Lease) {
        self.orders.close();
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::End(_, reply) => {
                    let _ = reply.send(lease.clone());
                }
                Order::Renew(_, reply) => {
                    let _ = reply.send(Err(ended()));
                }
            }
        }
    }

    async fn expire_in(&self, ttl: Duration) -> Option<Lease> {
        let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
        let at = Timestamp::now().checked_add(ttl).unwrap_or(Timestamp::MAX);
        self.change(|lease| lease.expires_at = at).await
    }

    async fn change(&self, change: impl FnOnce(&mut Lease)) -> Option<Lease> {
        self.book.lock().await.change(self.id, change)
    }
}

/// The answer to a renewal that came too late.
pub(super) fn ended() -> Refused {
    Refused::new(RefusalCode::LeaseEnded, "the lease has ended")
}
