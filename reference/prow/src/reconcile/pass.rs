//! Looks at every workload, at intervals and when there is news.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, future::join_all, stream};
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
    turns::Turns,
};
use crate::{
    clock::now_text,
    observation::Seen,
    scheduler::Scheduler,
    store::{StoreError, Watched, watch_workloads},
};

/// Nodes that are asked at a time in one pass.
const NODES_AT_A_TIME: usize = 64;
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
        make_passes(scheduler.timings.reconcile_interval, &pass_wanted, &stop, || pass(&scheduler)),
        follow_agenda(&scheduler, &stop),
    );
}

async fn make_passes<P: Future<Output = Result<TriggerResults, StoreError>>>(
    interval: Duration,
    wanted: &Notify,
    stop: &CancellationToken,
    pass: impl Fn() -> P,
) {
    while !stop.is_cancelled() {
        let next = Tick::now() + interval;
        // The next term must not wait for agents that do not answer this one's pass. What
        // was begun on a workload is finished all the same.
        let passing = stop.run_until_cancelled(RequestId::new().scope(pass()));
        if let Some(Err(error)) = passing.await {
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
        for (id, node) in due {
            reconcile_soon(scheduler, &id, node.as_deref(), Ask::Routine);
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
        scheduler.agenda.add(&workload.id, workload.node_id.as_deref(), COURTESY);
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
        .buffer_unordered(NODES_AT_A_TIME)
        .collect()
        .await;
    let wanting: Vec<&Workload> = workloads
        .iter()
        .map(|record| &record.value)
        .filter(|workload| {
            let answer = workload.node_id.as_ref().and_then(|node| answers.get(node));
            let seen = answer.map_or(Seen::Absent, |answer| Seen::find(workload, answer));
            // An agent that does not answer would only hold the pass up.
            let told = is_new(workload) && !matches!(seen, Seen::Unreachable(_));
            told || decide(workload, &seen) != Step::Take(ReconcileAction::None)
        })
        .collect();
    let needing = wanting.len() as u64;
    let turns = Turns::default();
    let acting = wanting.into_iter().map(async |workload| {
        let _turn = turns.take(workload.node_id.as_deref()).await;
        reconcile(scheduler, &workload.id, Ask::Routine).await
    });
    let reports = join_all(acting).await;
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

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_term_does_not_wait_for_the_pass_it_ends_in() {
        let (stop, wanted, begun) = (CancellationToken::new(), Notify::new(), Notify::new());
        let passing = make_passes(Duration::from_secs(2), &wanted, &stop, || {
            begun.notify_one();
            pending()
        });
        let ending = async {
            begun.notified().await;
            stop.cancel();
        };
        let both = async { tokio::join!(passing, ending) };
        timeout(Duration::from_secs(10), both).await.expect("it waits for the pass");
    }
}
