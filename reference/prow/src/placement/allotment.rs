//! Chooses a node for a new workload and stores it there, as one step against all
//! others that give away the same resources.

use std::{sync::Arc, time::Instant};

use persys_contract::{Node, Workload};
use persys_reference_base::request_id;
use tokio::time::{Duration, sleep};

use super::{NoNode, Share, place};
use crate::{
    scheduler::Scheduler,
    store::{Created, StoreError},
};

/// For how long a record is looked for whose storing was not confirmed.
const TAKING_BACK: Duration = Duration::from_secs(60);
const TAKING_BACK_POLL: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum NotAllotted {
    #[error(transparent)]
    NoNode(#[from] NoNode),
    #[error("there is a workload {0} already")]
    Duplicate(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Stores a workload with the node it is given to.
pub async fn allot(
    scheduler: &Arc<Scheduler>,
    mut workload: Workload,
) -> Result<Workload, NotAllotted> {
    let begun = Instant::now();
    let asks = workload.resources.is_some_and(|r| r.cpu > 0.0 || r.memory > 0);
    loop {
        let nodes: Vec<Node> =
            scheduler.store.nodes().await?.into_iter().map(|record| record.value).collect();
        let mut book = scheduler.ledger.open(&scheduler.store).await?;
        let node = match place(&workload, &nodes, &book.shares) {
            // Something may have been deleted since the ledger was read.
            Err(NoNode::NoResources) if book.is_older_than(begun) => {
                book.refresh(&scheduler.store).await?;
                place(&workload, &nodes, &book.shares)?
            }
            chosen => chosen?,
        };
        workload.node_id = Some(node.node_id.clone());
        let share = Share::of(&workload);
        let created = if asks {
            let fence = Some(book.fence);
            let created = create(scheduler, &workload, fence).await?;
            match created {
                Created::Done(revision) => {
                    book.fence = revision;
                    book.shares.extend(share);
                }
                Created::Duplicate => {}
                Created::Overtaken => book.refresh(&scheduler.store).await?,
            }
            created
        } else {
            // It takes nothing that could be given away twice.
            book.shares.extend(share);
            drop(book);
            create(scheduler, &workload, None).await?
        };
        match created {
            Created::Done(_) => return Ok(workload),
            Created::Duplicate => return Err(NotAllotted::Duplicate(workload.id)),
            Created::Overtaken => {}
        }
    }
}

/// Stores the record. When the store does not confirm it, it may have been stored
/// all the same: it is taken back then, as the caller is told that it is not there.
async fn create(
    scheduler: &Arc<Scheduler>,
    workload: &Workload,
    fence: Option<i64>,
) -> Result<Created, StoreError> {
    let unconfirmed = Unconfirmed { scheduler, workload, open: true };
    let created = scheduler.store.create_workload(workload, fence).await;
    unconfirmed.settle(matches!(created, Err(StoreError::Unavailable(_))));
    created
}

/// Takes a record back when its storing is broken off or not confirmed.
struct Unconfirmed<'a> {
    scheduler: &'a Arc<Scheduler>,
    workload: &'a Workload,
    open: bool,
}

impl Unconfirmed<'_> {
    fn settle(mut self, unconfirmed: bool) {
        self.open = unconfirmed;
    }
}

impl Drop for Unconfirmed<'_> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let (scheduler, workload) = (self.scheduler.clone(), self.workload.clone());
        request_id::spawn(async move {
            // The store may carry out late what it was sent: one look is not enough.
            let end = Instant::now() + TAKING_BACK;
            while Instant::now() < end {
                match scheduler.store.take_back_workload(&workload).await {
                    Ok(true) => {
                        tracing::warn!(workloadId = workload.id, "took an unconfirmed record back");
                        return;
                    }
                    Ok(false) | Err(_) => sleep(TAKING_BACK_POLL).await,
                }
            }
        });
    }
}
