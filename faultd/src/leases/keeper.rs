//! Takes, renews and ends leases.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::timeout,
};
use tokio_util::task::TaskTracker;

use super::{
    Effects, StateFile,
    book::{Book, Entry},
    conflict::conflict,
    tenure::{Order, Tenure, ended},
};
use crate::{
    protocol::{Ending, Fault, Lease, LeaseId, LeaseList, LeaseState, RefusalCode},
    refused::Refused,
};

/// Keeps the leases of a machine.
#[derive(Clone)]
pub struct Keeper {
    effects: Arc<dyn Effects>,
    book: Arc<Mutex<Book>>,
    tenures: TaskTracker,
}

impl Keeper {
    /// How many leases one machine bears.
    pub const MOST: usize = 64;
    /// Orders that may wait for one lease.
    const ORDERS: usize = 32;

    pub fn new(effects: Arc<dyn Effects>, file: StateFile) -> Self {
        let book = Arc::new(Mutex::new(Book::new(file)));
        Self { effects, book, tenures: TaskTracker::new() }
    }

    /// Takes back what an earlier process left behind, and waits for that at most
    /// `patience`. What is not healed by then is tried on in the background.
    pub async fn recover(&self, left: Vec<Lease>, patience: Duration) {
        let mut healed = Vec::new();
        for lease in left {
            let (tenure, entry) = self.tenure(lease, Duration::ZERO);
            let (told, heard) = oneshot::channel();
            self.book.lock().await.adopt(entry);
            self.tenures.spawn(tenure.heal(Ending::Recovered, vec![told]));
            healed.push(heard);
        }
        let all = async {
            for heard in healed {
                let _ = heard.await;
            }
        };
        if timeout(patience, all).await.is_err() {
            tracing::warn!("not everything of the last run is healed yet");
        }
    }

    /// Puts a fault in place for `ttl`. With an `id` that was used before, tells of
    /// that lease instead. Runs to its end even if the caller goes away.
    pub async fn take(
        &self,
        fault: Fault,
        ttl: Duration,
        id: Option<LeaseId>,
    ) -> Result<Lease, Refused> {
        let ttl = within_bounds(ttl)?;
        let id = id.unwrap_or_else(LeaseId::random);
        if let Some(known) = self.book.lock().await.find(id) {
            return already(known, &fault);
        }
        self.effects.check(&fault).await?;
        let now = Timestamp::now();
        let lease = Lease {
            id,
            fault: fault.clone(),
            state: LeaseState::Injecting,
            created_at: now,
            effective_at: None,
            expires_at: now,
            ended: None,
        };
        let (tenure, entry) = self.tenure(lease, ttl);
        let (told, heard) = oneshot::channel();
        {
            let mut book = self.book.lock().await;
            if book.closing {
                return Err(closing());
            }
            if let Some(known) = book.find(id) {
                return already(known, &fault);
            }
            if book.current.len() >= Self::MOST {
                let many = format!("{} leases are in effect; end one first", Self::MOST);
                return Err(Refused::new(RefusalCode::Conflict, many));
            }
            let in_the_way =
                book.current.values().find_map(|entry| conflict(&fault, &entry.lease.fault));
            if let Some(reason) = in_the_way {
                return Err(Refused::new(RefusalCode::Conflict, reason));
            }
            book.open(entry).map_err(|error| Refused::failed(format!("failed to {error}")))?;
            // Under the lock, so that a shutdown finds every lease it must end.
            self.tenures.spawn(tenure.run(told));
        }
        heard.await.unwrap_or_else(|_| Err(closing()))
    }

    /// Gives a lease more time, from now.
    pub async fn renew(&self, id: LeaseId, ttl: Duration) -> Result<Lease, Refused> {
        let ttl = within_bounds(ttl)?;
        let (reply, answer) = oneshot::channel();
        let Some(orders) = self.orders(id).await else {
            return Err(match self.book.lock().await.find_ended(id) {
                Some(_) => ended(),
                None => unknown(id),
            });
        };
        if orders.send(Order::Renew(ttl, reply)).await.is_err() {
            return Err(ended());
        }
        answer.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Ends a lease and waits for its healing. Of a lease that has ended it tells how.
    pub async fn release(&self, id: LeaseId) -> Result<Lease, Refused> {
        if let Some(orders) = self.orders(id).await {
            let (reply, answer) = oneshot::channel();
            if orders.send(Order::End(Ending::Released, reply)).await.is_ok()
                && let Ok(lease) = answer.await
            {
                return Ok(lease);
            }
        }
        // It ended by itself, a moment ago or long since.
        self.book.lock().await.find(id).cloned().ok_or_else(|| unknown(id))
    }

    pub async fn list(&self) -> LeaseList {
        self.book.lock().await.list()
    }

    /// The lease that holds a component, as a refusal.
    pub async fn refuse_if_held(&self, component: &str) -> Result<(), Refused> {
        let book = self.book.lock().await;
        let holds = |entry: &&Entry| entry.lease.fault.component() == Some(component);
        match book.current.values().find(holds) {
            Some(entry) => {
                let kind = entry.lease.fault.kind();
                let reason = format!("a lease holds the {kind} of {component}");
                Err(Refused::new(RefusalCode::Conflict, reason))
            }
            None => Ok(()),
        }
    }

    /// Ends all leases and takes no more. Tells whether all were healed within `patience`.
    pub async fn close(&self, patience: Duration) -> bool {
        let orders: Vec<_> = {
            let mut book = self.book.lock().await;
            book.closing = true;
            book.current.values().map(|entry| entry.orders.clone()).collect()
        };
        self.tenures.close();
        let all = async {
            for order in orders {
                // The answer is of no interest: what fails is tried on until the time is up.
                let _ = order.send(Order::End(Ending::Shutdown, oneshot::channel().0)).await;
            }
            self.tenures.wait().await;
        };
        timeout(patience, all).await.is_ok()
    }

    fn tenure(&self, lease: Lease, ttl: Duration) -> (Tenure, Entry) {
        let (sender, orders) = mpsc::channel(Self::ORDERS);
        let tenure = Tenure {
            id: lease.id,
            fault: lease.fault.clone(),
            ttl,
            effects: self.effects.clone(),
            book: self.book.clone(),
            orders,
        };
        (tenure, Entry { lease, orders: sender })
    }

    async fn orders(&self, id: LeaseId) -> Option<mpsc::Sender<Order>> {
        self.book.lock().await.current.get(&id).map(|entry| entry.orders.clone())
    }
}

fn within_bounds(ttl: Duration) -> Result<Duration, Refused> {
    if (Lease::SHORTEST..=Lease::LONGEST).contains(&ttl) {
        return Ok(ttl);
    }
    let (least, most) = (Lease::SHORTEST.as_millis(), Lease::LONGEST.as_millis());
    let error = format!("ttlMs is {}; it must be from {least} to {most}", ttl.as_millis());
    Err(Refused::new(RefusalCode::BadRequest, error))
}

fn already(known: &Lease, fault: &Fault) -> Result<Lease, Refused> {
    if known.fault == *fault {
        return Ok(known.clone());
    }
    Err(Refused::new(RefusalCode::Conflict, "another lease has this id"))
}

fn unknown(id: LeaseId) -> Refused {
    Refused::new(RefusalCode::UnknownLease, format!("no lease {id} is known"))
}

fn closing() -> Refused {
    Refused::new(RefusalCode::ShuttingDown, "the daemon is ending")
}
