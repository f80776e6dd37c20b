//! Looks at every workload, at intervals and when there is news.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use persys_contract::{ReconcileAction, TriggerResults, Workload, WorkloadStatus};
use persys_reference_base::RequestId;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant as Tick, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    one::{Ask, ReconcileError, reconcile, reconcile_soon},
    table::{Step, decide, is_new, wants_attention},
};
use crate::{
    clock::now_text,
    observation::Seen,
    scheduler::Scheduler,
    store::{StoreError, Watched, watch_workloads},
};

/// Workloads that are acted on at a time in one pass.
const AT_A_TIME: usize = 8;
/// How long whoever wrote a record has to act on it himself.
const COURTESY: Duration = Duration::from_millis(250);
const NEWS: usize = 256;

/// The leader's reconciler: a pass per interval, and in between what the watch
/// and the agenda bring up.
pub async fn reconcile_all(scheduler: Arc<Scheduler>, stop: CancellationToken) {
    scheduler.agenda.clear();
    let pass_wanted = Notify::new();
    let (sender, mut news) = mpsc::channel(NEWS);
    let watching = watch_workloads(scheduler.store.clone(), sender, stop.clone());
    let listening = async {
        while let Some(news) = news.recv().await {
            match news {
                // What happened while nobody watched is found by looking at everything.
                Watched::Opened => pass_wanted.notify_one(),
                Watched::Written(workload) => heed(&scheduler, &workload),
            }
        }
    };
    tokio::join!(
        watching,
        listening,
        make_passes(&scheduler, &pass_wanted, &stop),
        follow_agenda(&scheduler, &stop),
    );
}

async fn make_passes(scheduler: &Arc<Scheduler>, wanted: &Notify, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let next = Tick::now() + scheduler.timings.reconcile_interval;
        if let Err(error) = RequestId::new().scope(pass(scheduler)).await {
            tracing::warn!("failed to reconcile: {error}");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep_until(next) => {}
            () = wanted.notified() => {}
        }
    }
}

async fn follow_agenda(scheduler: &Arc<Scheduler>, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let (due, next) = scheduler.agenda.take(Instant::now());
        for id in due {
            reconcile_soon(scheduler, &id, Ask::Routine);
        }
        let waiting = async {
            match next {
                Some(next) => sleep_until(next.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = waiting => {}
            () = scheduler.agenda.changed() => {}
        }
    }
}

fn heed(scheduler: &Scheduler, workload: &Workload) {
    if wants_attention(workload) {
        scheduler.agenda.add(&workload.id, COURTESY);
    }
    if is_moving(workload) {
        scheduler.monitor_wanted.notify_one();
    }
}

/// Whether the status is about to change by itself.
fn is_moving(workload: &Workload) -> bool {
    use WorkloadStatus::{ContainerCreating, Pulling, Recreating, Restarting, Stopping};
    matches!(
        workload.status,
        Some(ContainerCreating | Pulling | Recreating | Restarting | Stopping)
    )
}

/// One look at every workload, with one question to every node.
pub async fn pass(scheduler: &Arc<Scheduler>) -> Result<TriggerResults, StoreError> {
    let started = Instant::now();
    let workloads = scheduler.store.workloads().await?;
    let nodes = scheduler.store.nodes().await?;
    let answers: HashMap<String, _> = stream::iter(nodes)
        .map(async |node| {
            let answer = scheduler.agents.list(&node.value).await;
            (node.value.node_id, answer)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let wanting: Vec<String> = workloads
        .iter()
        .map(|record| &record.value)
        .filter(|workload| {
            let answer = workload.node_id.as_ref().and_then(|node| answers.get(node));
            let seen = answer.map_or(Seen::Absent, |answer| Seen::find(workload, answer));
            is_new(workload) || decide(workload, &seen) != Step::Take(ReconcileAction::None)
        })
        .map(|workload| workload.id.clone())
        .collect();
    let needing = wanting.len() as u64;
    let reports: Vec<_> = stream::iter(wanting)
        .map(async |id| reconcile(scheduler, &id, Ask::Routine).await)
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let total = workloads.len() as u64;
    let mut results =
        TriggerResults { total_workloads: total, processed: total, ..TriggerResults::default() };
    for report in reports {
        match report {
            Ok(Some(report)) if report.acted() => {
                results.actions_taken += 1;
                results.successful += u64::from(report.success);
            }
            Ok(_) => {}
            // Somebody else is at it.
            Err(ReconcileError::Busy) => {}
            Err(ReconcileError::Store(error)) => return Err(error),
        }
    }
    scheduler.metrics.time_reconciliation(started.elapsed());
    scheduler
        .store
        .change_stats(|stats| {
            stats.total_workloads = total;
            stats.needing_reconciliation = needing;
            stats.last_reconciliation = Some(now_text());
        })
        .await?;
    Ok(results)
}
