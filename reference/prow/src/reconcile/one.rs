//! Looks at one workload and does what is to be done. Any scheduler may: whoever
//! acts has claimed the workload, and has looked again since.

use std::{sync::Arc, time::Duration};

use persys_contract::{Node, ReconcileAction, Workload, WorkloadStatus};
use persys_reference_base::{http::ApiError, request_id};
use tokio::time::{Instant, sleep};

use super::{
    act::{self, Outcome},
    backoff::{Cause, Gate, given_up_reason},
    report::Report,
    table::{Step, decide, is_new},
};
use crate::{
    clock::{now_millis, now_text},
    observation::{Seen, Sight, State, exit_reason},
    scheduler::Scheduler,
    store::{Record, StoreError},
};

/// How long a person's request waits for somebody else who acts on the workload.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_POLL: Duration = Duration::from_millis(50);
/// When to look again at a workload that somebody else acts on.
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Who wants the workload looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The reconciler itself.
    Routine,
    /// A person: what was given up is tried again, and at once.
    ByHand,
}

#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error("act on a workload on which another scheduler acts")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ReconcileError> for ApiError {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::Store(error) => error.into(),
            ReconcileError::Busy => Self::new(
                persys_contract::ErrorCode::StoreUnavailable,
                "another scheduler is acting on the workload; ask again",
            ),
        }
    }
}

/// Does what is to be done about a workload; none if there is no such workload.
pub async fn reconcile(
    scheduler: &Arc<Scheduler>,
    id: &str,
    ask: Ask,
) -> Result<Option<Report>, ReconcileError> {
    let deadline = Instant::now() + PATIENCE;
    let claim = loop {
        // A request may name anything; only what is there is claimed.
        if ask == Ask::ByHand && scheduler.store.workload(id).await?.is_none() {
            return Ok(None);
        }
        let Some(lease) = scheduler.leadership.lease() else {
            return Err(StoreError::Unavailable("this scheduler has no lease".to_owned()).into());
        };
        match scheduler.store.claim(id, lease).await? {
            Some(claim) => break claim,
            None if ask == Ask::ByHand && Instant::now() < deadline => sleep(PATIENCE_POLL).await,
            None => return Err(ReconcileError::Busy),
        }
    };
    // Carried out even if whoever asked goes away: it must not stop half-way.
    let task = {
        let (scheduler, id) = (scheduler.clone(), id.to_owned());
        request_id::spawn(async move {
            let report = reconcile_claimed(&scheduler, &id, ask).await;
            claim.release().await;
            scheduler.monitor_wanted.notify_one();
            report
        })
    };
    match task.await {
        Ok(report) => Ok(report?),
        Err(_) => Err(ReconcileError::Busy),
    }
}

/// The same in the background; what fails is put on the agenda again. `node` is where the
/// workload is, as far as is known: a node has only so many turns.
pub fn reconcile_soon(scheduler: &Arc<Scheduler>, id: &str, node: Option<&str>, ask: Ask) {
    let (scheduler, id, node) = (scheduler.clone(), id.to_owned(), node.map(str::to_owned));
    request_id::spawn(async move {
        let node = node.as_deref();
        let _turn = scheduler.background.take(node).await;
        match reconcile(&scheduler, &id, ask).await {
            Ok(_) => {}
            Err(ReconcileError::Busy) => postpone(&scheduler, &id, node, BUSY_PAUSE),
            Err(error) => {
                tracing::warn!(workloadId = id, "failed to {error}");
                postpone(&scheduler, &id, node, BUSY_PAUSE * 2);
            }
        }
    });
}

/// Only the leader has an agenda; what another leaves undone the leader finds.
fn postpone(scheduler: &Scheduler, id: &str, node: Option<&str>, pause: Duration) {
    if scheduler.leadership.holds() {
        scheduler.agenda.add(id, node, pause);
    }
}

async fn reconcile_claimed(
    scheduler: &Arc<Scheduler>,
    id: &str,
    ask: Ask,
) -> Result<Option<Report>, StoreError> {
    let Some(record) = scheduler.store.workload(id).await? else { return Ok(None) };
    let node = node_of(scheduler, &record.value).await?;
    let node_id = node.as_ref().map(|node| node.node_id.as_str());
    let seen = match &node {
        // Nobody was told of it yet, and to be told twice does no harm.
        Some(_) if is_new(&record.value) => Seen::Absent,
        Some(node) => Seen::find(&record.value, &scheduler.agents.list(node).await),
        // No node is known by the name: there is nobody to ask, and nothing to find.
        None => Seen::Absent,
    };
    let mut report = Report::new(&record.value, &seen);
    let mut history = scheduler.store.history(id).await?;
    let now = now_millis();
    if ask == Ask::ByHand && history.gate(Cause::Crash, now) != Gate::Go {
        history.forgive();
        scheduler.store.set_history(id, &history).await?;
    }
    let action = match decide(&record.value, &seen) {
        Step::Take(ReconcileAction::None) => {
            if matches!(&seen, Seen::There(Sight { state: State::Running, .. }))
                && history.runs(now)
            {
                scheduler.store.set_history(id, &history).await?;
            }
            if let Seen::Unreachable(why) = seen {
                report.message = why;
            }
            return Ok(Some(report));
        }
        Step::Deploy => None,
        Step::Take(action) => Some(action),
    };
    let cause = action.map_or(Cause::Other, |action| Cause::of(action, seen.is_there()));
    match history.gate(cause, now) {
        Gate::Go => {}
        Gate::Wait(_) if ask == Ask::ByHand => {}
        Gate::Wait(left) => {
            postpone(scheduler, id, node_id, left);
            report.message = format!("the next try is due in {:.1} s", left.as_secs_f64());
            return Ok(Some(report));
        }
        Gate::GiveUp => {
            history.give_up();
            scheduler.store.set_history(id, &history).await?;
            report.message = give_up(scheduler, id, &seen).await?;
            return Ok(Some(report));
        }
        Gate::GivenUp => {
            report.message = "it was given up; ask for its desired state again".to_owned();
            mark_given_up(scheduler, &record, &seen).await?;
            return Ok(Some(report));
        }
    }
    let before = history.clone();
    history.begin(cause, now);
    if history != before {
        scheduler.store.set_history(id, &history).await?;
    }
    let outcome = match action {
        None => act::deploy(scheduler, record, node.as_ref()).await?,
        Some(action) => act::take(scheduler, action, record, node.as_ref(), &history).await?,
    };
    if let Outcome::Overtaken = outcome {
        // Nothing was tried, so nothing counts.
        if history != before {
            scheduler.store.set_history(id, &before).await?;
        }
        // The record changed in between: look at it again, soon.
        postpone(scheduler, id, node_id, BUSY_PAUSE);
        return Ok(Some(report));
    }
    if let Some(action) = action {
        report.action = action;
        act::count(scheduler, action, outcome.success()).await;
    }
    report.success = outcome.success();
    if let Outcome::Failed(why) = &outcome {
        report.message = why.clone();
    }
    if !matches!(outcome, Outcome::Gone) {
        let before = history.clone();
        history.end(cause, outcome.success(), now_millis());
        if history != before {
            scheduler.store.set_history(id, &history).await?;
        }
        if let Gate::Wait(left) = history.gate(cause, now_millis())
            && !outcome.success()
        {
            postpone(scheduler, id, node_id, left);
        }
    }
    Ok(Some(report))
}

async fn node_of(scheduler: &Scheduler, workload: &Workload) -> Result<Option<Node>, StoreError> {
    let Some(id) = &workload.node_id else { return Ok(None) };
    Ok(scheduler.store.node(id).await?.map(|record| record.value))
}

async fn give_up(scheduler: &Scheduler, id: &str, seen: &Seen) -> Result<String, StoreError> {
    let reason = given_up_reason(&ended(seen));
    tracing::warn!(workloadId = id, reason, "gave a workload up");
    let change = |workload: &mut Workload| {
        workload.status = Some(WorkloadStatus::Failed);
        let metadata = workload.metadata.get_or_insert_default();
        metadata.reason = Some(reason.clone());
        metadata.last_reconciliation = Some(now_text());
        metadata.last_reconciliation_success = Some(false);
        true
    };
    scheduler.store.change_workload(id, change).await?;
    Ok(reason)
}

/// A workload that was given up shows it, whatever was written in between.
async fn mark_given_up(
    scheduler: &Scheduler,
    record: &Record<Workload>,
    seen: &Seen,
) -> Result<(), StoreError> {
    if record.value.status != Some(WorkloadStatus::Failed) {
        give_up(scheduler, &record.value.id, seen).await?;
    }
    Ok(())
}

fn ended(seen: &Seen) -> String {
    match seen {
        Seen::There(Sight { state: State::Exited(code), reason, .. }) => {
            exit_reason(*code, reason.as_deref())
        }
        Seen::There(Sight { reason: Some(reason), .. }) => reason.clone(),
        _ => "it failed".to_owned(),
    }
}
