//! One look at one node.

use persys_reference_base::defect;
use std::{ops::Range, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use persys_contract::{Node, Workload};
use persys_reference_base::signature::CallError;

use super::orphans::remove_orphans;
use crate::{
    observation::{Seen, Sight, State},
    scheduler::Scheduler,
    store::Record,
};

/// How much of the logs is kept, in bytes (contract §2).
const LOG_BYTES: usize = 64 << 10;
const LOGS_AT_A_TIME: usize = 4;
/// Reading logs is the dearest thing that a node is asked for.
const LOGS_PER_ROUND: usize = 25;
/// When an agent that could not be reached is asked again.
const SECOND_TRY: Duration = Duration::from_millis(300);

pub struct NodeRound {
    pub node: Node,
    /// The workloads that are assigned to the node and that nobody acts on.
    pub workloads: Vec<Record<Workload>>,
    /// The number of the round, if logs are looked at too.
    pub full: Option<usize>,
}

/// Writes down how the node's workloads are, and has removed what is not
/// assigned to it. The list was asked for after the records were read, and a
/// record is only written if it has not changed since.
pub async fn look_at_node(scheduler: &Arc<Scheduler>, round: NodeRound) {
    let NodeRound { node, workloads, full } = round;
    if workloads.is_empty() && full.is_none() {
        return;
    }
    defect!("unreachable-agents-given-up" => if persys_reference_base::defects::is_marked(&node.node_id) {
        return;
    });
    let mut answer = scheduler.agents.list(&node).await;
    if let Err(CallError::Unreachable { .. }) = &answer {
        // Once more, lest a quick restart of the agent shows as an outage.
        tokio::time::sleep(SECOND_TRY).await;
        answer = scheduler.agents.list(&node).await;
    }
    if let Err(error) = &answer {
        tracing::debug!(node = node.node_id, "failed to {error}");
    }
    // First: what runs twice must not wait for logs.
    if let Ok(entries) = &answer {
        let assigned = workloads.iter().map(|record| record.value.id.as_str()).collect();
        remove_orphans(scheduler, &node, entries, &assigned).await;
    }
    let turn = full.map(|round| turn(workloads.len(), round));
    stream::iter(workloads.iter().enumerate())
        .for_each_concurrent(LOGS_AT_A_TIME, async |(index, record)| {
            let seen = Seen::find(&record.value, &answer);
            let logs = turn.as_ref().is_some_and(|turn| turn.contains(&index));
            write_down(scheduler, &node, record, &seen, logs).await;
        })
        .await;
    defect!("unreachable-agents-given-up" => {
        use persys_reference_base::defects::{is_marked, mark};
        let reached = format!("{} was reached", node.node_id);
        match &answer {
            Ok(_) => mark(&reached),
            Err(_) if is_marked(&reached) => mark(&node.node_id),
            Err(_) => {}
        }
    });
}

async fn write_down(
    scheduler: &Scheduler,
    node: &Node,
    record: &Record<Workload>,
    seen: &Seen,
    logs: bool,
) {
    defect!("status-goes-stale" => if record.value.status == Some(persys_contract::WorkloadStatus::Running) {
        return;
    });
    let mut new = record.clone();
    let status = seen.status(&record.value);
    let turned = record.value.status != Some(status);
    new.value.status = Some(status);
    let known = record.value.metadata.as_ref().and_then(|metadata| metadata.reason.as_ref());
    // Until the agent was told, the reason is the reconciler's: why it could not be.
    let untold = matches!(seen, Seen::Absent | Seen::Unreachable(_)) && !turned;
    let reason = seen.reason(&record.value);
    if !untold && reason.as_ref() != known {
        new.value.metadata.get_or_insert_default().reason = reason;
    }
    if let Seen::There(sight) = seen
        && wants_logs(&record.value, sight, turned, logs)
    {
        match scheduler.agents.logs(node, &record.value.id).await {
            Ok(logs) => new.value.logs = Some(tail(&logs).to_owned()),
            Err(error) => {
                tracing::debug!(workloadId = record.value.id, "failed to read logs: {error}");
            }
        }
    }
    if new.value == record.value {
        return;
    }
    match scheduler.store.replace_workload(&new).await {
        Ok(written) if written && turned => {
            let before = record.value.status.map(|status| status.as_str());
            tracing::info!(
                workloadId = record.value.id,
                node = node.node_id,
                before,
                %status,
                "a workload's status changed"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!("failed to write a status down: {error}"),
    }
}

/// A container that runs is read when it is its turn, one that ended once.
fn wants_logs(workload: &Workload, sight: &Sight, turned: bool, logs: bool) -> bool {
    defect!("logs-never-stored" => return false);
    match sight.state {
        State::Running | State::Restarting => logs,
        State::Exited(_) | State::Dead => turned || (logs && workload.logs.is_none()),
        _ => false,
    }
}

/// The workloads whose logs are read in a round: all of them, or a part that goes
/// around where there are many.
fn turn(workloads: usize, round: usize) -> Range<usize> {
    let parts = workloads.div_ceil(LOGS_PER_ROUND).max(1);
    let from = (round % parts) * LOGS_PER_ROUND;
    from..from + LOGS_PER_ROUND
}

/// The last 64 KiB, from a whole character on.
fn tail(logs: &str) -> &str {
    let mut from = logs.len().saturating_sub(LOG_BYTES);
    while !logs.is_char_boundary(from) {
        from += 1;
    }
    &logs[from..]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_last_64_kib_are_kept_from_a_whole_character_on() {
        assert_eq!(tail("abc"), "abc");
        let long = "ü".repeat(LOG_BYTES);
        assert_eq!(tail(&long).len(), LOG_BYTES);
        let odd = format!("{}x", "ü".repeat(LOG_BYTES));
        assert_eq!(tail(&odd).len(), LOG_BYTES - 1);
        assert!(tail(&odd).ends_with('x'));
    }

    #[test]
    fn every_workload_s_logs_have_their_turn() {
        for workloads in [0, 1, 25, 26, 60] {
            let rounds = workloads / LOGS_PER_ROUND + 1;
            let read: HashSet<_> =
                (7..7 + rounds).flat_map(|round| turn(workloads, round)).collect();
            assert!((0..workloads).all(|index| read.contains(&index)), "{workloads}");
        }
    }
}
