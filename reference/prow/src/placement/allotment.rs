//! Gives new workloads to nodes and stores them there, as one step against all
//! others that give away the same resources.
//!
//! What arrives while the store is written to waits and is stored together, in one
//! transaction: a hundred that arrive at once cost a few, and not a hundred, one
//! after the other.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use persys_contract::{Node, Workload};
use persys_reference_base::RequestId;
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{NoNode, Share, ledger::Book, place};
use crate::{
    scheduler::Scheduler,
    store::{Created, StoreError},
};

/// For how long a record is looked for whose storing was not confirmed.
const TAKING_BACK: Duration = Duration::from_secs(60);
const TAKING_BACK_POLL: Duration = Duration::from_secs(1);
/// So many may wait; more are kept waiting before they may wait.
const QUEUE: usize = 1024;
/// What one transaction stores: etcd takes 128 operations and 1.5 MiB by default.
const MOST: usize = 100;
const MOST_BYTES: usize = 1 << 20;

#[derive(Clone, Debug, thiserror::Error)]
pub enum NotAllotted {
    #[error(transparent)]
    NoNode(#[from] NoNode),
    #[error("there is a workload {0} already")]
    Duplicate(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Answer = Result<Workload, NotAllotted>;

/// A workload that wants a node.
struct Wish {
    workload: Workload,
    since: Instant,
    request: RequestId,
    reply: oneshot::Sender<Answer>,
}

/// Where workloads wait for a node.
pub struct Placements(mpsc::Sender<Wish>);

/// Those who wait, for [`allot_all`].
pub struct Wishes(mpsc::Receiver<Wish>);

impl Placements {
    pub fn new() -> (Self, Wishes) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), Wishes(receiver))
    }

    /// Stores a workload with the node it is given to. Who does not wait for the
    /// answer has it taken back.
    pub async fn allot(&self, workload: Workload) -> Answer {
        let (reply, answer) = oneshot::channel();
        let request = RequestId::current().unwrap_or_default();
        let wish = Wish { workload, since: Instant::now(), request, reply };
        let stopping =
            || StoreError::Unavailable("this scheduler gives no more workloads away".to_owned());
        self.0.send(wish).await.map_err(|_| stopping())?;
        answer.await.unwrap_or_else(|_| Err(stopping().into()))
    }
}

/// Gives workloads to nodes, all that wait at a time, until the service stops.
pub async fn allot_all(scheduler: Arc<Scheduler>, wishes: Wishes, stop: CancellationToken) {
    let Wishes(mut queue) = wishes;
    let mut waiting = Vec::new();
    loop {
        if waiting.is_empty() {
            tokio::select! {
                () = stop.cancelled() => return,
                count = queue.recv_many(&mut waiting, QUEUE) => if count == 0 { return },
            }
        }
        while let Ok(wish) = queue.try_recv() {
            waiting.push(wish);
        }
        allot_together(&scheduler, take_batch(&mut waiting)).await;
    }
}

/// Takes those who can be stored in one transaction, in their order: as many as the
/// store takes, and each id once.
fn take_batch(waiting: &mut Vec<Wish>) -> Vec<Wish> {
    let (mut batch, mut left) = (Vec::new(), Vec::new());
    let (mut ids, mut room) = (HashSet::new(), MOST_BYTES);
    for wish in waiting.drain(..) {
        // What cannot be written is for the store to tell.
        let bytes = serde_json::to_vec(&wish.workload).map_or(0, |bytes| bytes.len());
        let fits = batch.is_empty() || (batch.len() < MOST && bytes <= room);
        if left.is_empty() && fits && !ids.contains(&wish.workload.id) {
            room = room.saturating_sub(bytes);
            ids.insert(wish.workload.id.clone());
            batch.push(wish);
        } else {
            left.push(wish);
        }
    }
    *waiting = left;
    batch
}

async fn allot_together(scheduler: &Arc<Scheduler>, mut batch: Vec<Wish>) {
    let outcome = async {
        let nodes = scheduler.store.nodes().await?;
        let nodes: Vec<Node> = nodes.into_iter().map(|record| record.value).collect();
        let mut book = scheduler.ledger.open(&scheduler.store).await?;
        while !batch.is_empty() {
            batch.retain(|wish| !wish.reply.is_closed());
            if !assign(&mut batch, &nodes, &book) {
                book.refresh(&scheduler.store).await?;
                continue;
            }
            store(scheduler, &mut batch, &mut book).await?;
        }
        Ok(())
    };
    let outcome: Result<(), StoreError> = outcome.await;
    if let Err(error) = outcome {
        for wish in batch {
            // Nobody who is gone is there to be told.
            let _ = wish.reply.send(Err(error.clone().into()));
        }
    }
}

/// Chooses a node for each, and refuses those for whom there is none. False when the
/// book must be read anew first: something may have been deleted since.
fn assign(batch: &mut Vec<Wish>, nodes: &[Node], book: &Book) -> bool {
    let mut shares = book.shares.clone();
    let mut chosen = Vec::with_capacity(batch.len());
    for wish in &*batch {
        let node = place(&wish.workload, nodes, &shares).map(|node| node.node_id.clone());
        if matches!(node, Err(NoNode::NoResources)) && book.is_older_than(wish.since) {
            return false;
        }
        if let Ok(node) = &node {
            let placed = Workload { node_id: Some(node.clone()), ..wish.workload.clone() };
            shares.extend(Share::of(&placed));
        }
        chosen.push(node);
    }
    let wishes = std::mem::take(batch);
    for (mut wish, node) in wishes.into_iter().zip(chosen) {
        match node {
            Ok(node) => {
                wish.workload.node_id = Some(node);
                batch.push(wish);
            }
            Err(reason) => {
                let _ = wish.reply.send(Err(reason.into()));
            }
        }
    }
    true
}

/// Stores those of a batch that can be stored, and answers them. Who stays in the
/// batch is to be given a node again.
async fn store(
    scheduler: &Arc<Scheduler>,
    batch: &mut Vec<Wish>,
    book: &mut Book,
) -> Result<(), StoreError> {
    if batch.is_empty() {
        return Ok(());
    }
    // One that takes nothing cannot be given away twice.
    let asks = |wish: &Wish| wish.workload.resources.is_some_and(|r| r.cpu > 0.0 || r.memory > 0);
    let fence = batch.iter().any(asks).then_some(book.fence);
    let workloads: Vec<&Workload> = batch.iter().map(|wish| &wish.workload).collect();
    match scheduler.store.create_workloads(&workloads, fence).await {
        Ok(Created::Done(revision)) => {
            if fence.is_some() {
                book.fence = revision;
            }
            for wish in batch.drain(..) {
                book.shares.extend(Share::of(&wish.workload));
                if let Err(Ok(workload)) = wish.reply.send(Ok(wish.workload)) {
                    take_back(scheduler, workload, wish.request);
                }
            }
        }
        Ok(Created::Duplicates(ids)) => {
            let (taken, others) = batch.drain(..).partition(|wish| ids.contains(&wish.workload.id));
            *batch = others;
            let taken: Vec<Wish> = taken;
            for wish in taken {
                let _ = wish.reply.send(Err(NotAllotted::Duplicate(wish.workload.id)));
            }
        }
        Ok(Created::Overtaken) => book.refresh(&scheduler.store).await?,
        Err(error) => {
            // It may have been stored all the same, and the callers are told that it was not.
            if matches!(error, StoreError::Unavailable(_)) {
                for wish in &*batch {
                    take_back(scheduler, wish.workload.clone(), wish.request.clone());
                }
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Takes a record back that nobody was told of.
fn take_back(scheduler: &Arc<Scheduler>, workload: Workload, request: RequestId) {
    let scheduler = scheduler.clone();
    tokio::spawn(request.scope(async move {
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
    }));
}
