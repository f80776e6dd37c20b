//! A node is lost and comes back (contract §6, failover).

use std::time::Duration;

use persys_contract::{NodeStatus, StoreKeys, WorkloadStatus};
use persys_faultd::protocol::Direction;
use time::OffsetDateTime;

use super::victim::{Victim, other_node, running};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::{ActiveFault, Change, ChangeKind, Recording},
    scenarios::support::{Watch, until_status},
};

/// Between an order and Docker's event.
const SLACK: Duration = Duration::from_secs(1);

/// The node that is cut off, and what lets it come back.
struct Lost {
    node: String,
    fault: ActiveFault,
    records: Recording,
}

pub async fn failed_over(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id().to_owned(), victim.node().to_owned());
    let other = other_node(cx, &node)?;
    running(cx, &id, &node).await?;
    let records = cx.etcd().record(&StoreKeys::node(&node)).await?;
    // The verifier stays connected, to look at both engines.
    let machines = cx.topology().machines.keys().map(String::as_str);
    let peers: Vec<&str> = machines.filter(|name| *name != node && *name != "client").collect();
    let fault = cx.faults(&node).cut(cx.topology(), &peers, Direction::Both).await?;
    let since = fault.since();
    cx.put(Lost { node: node.clone(), fault, records });
    let container = running(cx, &id, &other).await?;
    cx.measure("time_to_failover", since.elapsed().as_secs_f64(), "s");
    let workload = until_status(cx, &id, WorkloadStatus::Running).await?;
    let record = cx.etcd().node(&node).await?.and_then(|stored| stored.value.status);
    let mut checks = cx.checks();
    checks.equal("nodeId", workload.node_id.as_deref(), Some(other.as_str()));
    checks.equal("status of the lost node", record, Some(NodeStatus::Inactive));
    checks.equal("labels", container.labels().get("workloadId"), Some(&id));
    checks.finish()?;
    cx.get_mut::<Victim>()?.0.reply.node_id = other;
    Ok(())
}

pub async fn returned(cx: &mut Context) -> StepResult {
    let Lost { node, fault, records } = cx.take::<Lost>()?;
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, home) = (victim.id(), victim.node());
    let before = running(cx, id, home).await?;
    let both_run = running(cx, id, &node).await?;
    fault.heal().await?;
    let healed = OffsetDateTime::now_utc();
    let active = cx
        .waiting(format!("{node} is active again"))
        .wake_on_watch(records.changed())
        .until(|| async {
            match turned_active(&records.of(&StoreKeys::node(&node)), healed) {
                Some(at) => Progress::Ready(at),
                None => Progress::not_yet("it is inactive"),
            }
        })
        .await?;
    let recording = &cx.get::<Watch>()?.containers[&node];
    let ended = cx
        .waiting(format!("{node} has removed its container of workload {id}"))
        .wake_on_watch(recording.changed())
        .until(|| async {
            let events = recording.of_workload(id);
            let own = || events.iter().filter(|event| event.container == both_run.id());
            match (own().find(|e| e.action == "die"), own().find(|e| e.action == "destroy")) {
                (Some(died), Some(_)) => Progress::Ready(died.clone()),
                _ => Progress::not_yet("it is there"),
            }
        })
        .await?;
    cx.measure("time_to_active_after_return", (active - healed).as_seconds_f64(), "s");
    let twice = Duration::try_from(ended.seen_at - healed).unwrap_or_default();
    cx.measure("double_run_after_return", twice.as_secs_f64(), "s");
    let after = running(cx, id, home).await?;
    let mut checks = cx.checks();
    let interval = cx.timings().reconcile_interval();
    // Once it is heard, there is no more reason to wait.
    let heard = Duration::try_from(ended.seen_at - active).unwrap_or_default();
    let limit = interval + cx.scaled(SLACK, interval);
    checks.between("time of running twice once it is active", heard, Duration::ZERO, limit);
    let limit = limit + until_heard(cx);
    checks.between("time of running twice", twice, Duration::ZERO, limit);
    checks.equal("container on the other node", after.id(), before.id());
    checks.equal("time of its last start", after.started_at(), before.started_at());
    checks.equal("containers on the node that is back", containers(cx, id, &node).await?, 0);
    let workload = cx.gateway().workload(id).await?.ok()?;
    checks.equal("nodeId", workload.node_id.as_deref(), Some(home));
    checks.finish()
}

/// How long a node that can be reached again may stay unheard: a beat that was sent in vain is
/// given up once its request has timed out, and another is due an interval later.
fn until_heard(cx: &Context) -> Duration {
    cx.timings().request_timeout() + cx.timings().heartbeat_interval()
}

/// When a node was first recorded as active since `from`.
fn turned_active(changes: &[Change], from: OffsetDateTime) -> Option<OffsetDateTime> {
    let later = changes.iter().filter(|c| c.seen_at >= from && c.kind == ChangeKind::Put);
    let is_active = |change: &&Change| change.entry.json()["status"] == "active";
    later.into_iter().find(is_active).map(|change| change.seen_at)
}

async fn containers(cx: &Context, id: &str, node: &str) -> Result<usize, StepError> {
    Ok(cx.docker(node).of_workload(id).await?.len())
}
