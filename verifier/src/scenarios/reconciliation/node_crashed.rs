//! A node's machine loses its power and is switched on again (contract §6, failover).

use std::time::{Duration, Instant};

use persys_contract::{NodeStatus, WorkloadStatus, component};
use persys_faultd::protocol::ComponentReport;

use super::victim::{Victim, other_node, running};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    scenarios::support::{Outage, until_started_anew, until_status},
};

/// Between what happens and when it is seen by asking.
const SLACK: Duration = Duration::from_secs(2);

/// The node that is down.
struct Crashed {
    node: String,
    outage: Outage,
    /// Its engine before.
    docker: ComponentReport,
}

pub async fn failed_over(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id().to_owned(), victim.node().to_owned());
    let other = other_node(cx, &node)?;
    running(cx, &id, &node).await?;
    let docker = cx.faults(&node).component(component::DOCKER).await?;
    let begun = Instant::now();
    let outage = Outage::of(cx, &node).await?;
    cx.put(Crashed { node: node.clone(), outage, docker });
    let faults = cx.faults(&node);
    cx.wait(format!("nobody answers on {node}"), || async {
        match faults.components().await {
            Ok(_) => Progress::not_yet("its fault daemon answers"),
            Err(_) => Progress::Ready(()),
        }
    })
    .await?;
    running(cx, &id, &other).await?;
    cx.measure("time_to_failover_after_crash", begun.elapsed().as_secs_f64(), "s");
    let workload = until_status(cx, &id, WorkloadStatus::Running).await?;
    let record = cx.etcd().node(&node).await?.and_then(|stored| stored.value.status);
    let mut checks = cx.checks();
    checks.equal("nodeId", workload.node_id.as_deref(), Some(other.as_str()));
    checks.equal("status of the crashed node", record, Some(NodeStatus::Inactive));
    checks.finish()?;
    cx.get_mut::<Victim>()?.0.reply.node_id = other;
    Ok(())
}

pub async fn back(cx: &mut Context) -> StepResult {
    let Crashed { node, outage, docker } = cx.take::<Crashed>()?;
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, home) = (victim.id(), victim.node());
    let before = running(cx, id, home).await?;
    let begun = Instant::now();
    outage.end().await?;
    until_started_anew(cx, &node, &docker).await?;
    // Docker starts what ran before the crash, perhaps before the agent is there.
    let (active, gone) = tokio::join!(active_again(cx, &node), nothing_of(cx, id, &node));
    let (active, gone) = (active?, gone?);
    cx.measure("time_to_return_after_crash", begun.elapsed().as_secs_f64(), "s");
    let twice = gone.saturating_duration_since(active);
    cx.measure("double_run_after_crash", twice.as_secs_f64(), "s");
    let after = running(cx, id, home).await?;
    let workload = cx.gateway().workload(id).await?.ok()?;
    let mut checks = cx.checks();
    let interval = cx.timings().reconcile_interval();
    let limit = interval + cx.scaled(SLACK, interval);
    checks.between("time of running twice", twice, Duration::ZERO, limit);
    checks.equal("container on the other node", after.id(), before.id());
    checks.equal("time of its last start", after.started_at(), before.started_at());
    checks.equal("nodeId", workload.node_id.as_deref(), Some(home));
    checks.finish()
}

/// When the node is recorded as active.
async fn active_again(cx: &Context, node: &str) -> Result<Instant, StepError> {
    let etcd = cx.etcd();
    cx.wait(format!("{node} is active again"), || async {
        match etcd.node(node).await {
            Ok(Some(stored)) if stored.value.status == Some(NodeStatus::Active) => {
                Progress::Ready(Instant::now())
            }
            Ok(Some(stored)) => Progress::NotYet(format!("it is {:?}", stored.value.status)),
            Ok(None) => Progress::not_yet("it has no record"),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

/// When the node's engine answers and has no container of the workload.
async fn nothing_of(cx: &Context, id: &str, node: &str) -> Result<Instant, StepError> {
    let docker = cx.docker(node);
    cx.wait(format!("{node} has no container of workload {id}"), || async {
        match docker.of_workload(id).await {
            Ok(containers) if containers.is_empty() => Progress::Ready(Instant::now()),
            Ok(containers) => Progress::NotYet(format!("it has {}", containers.len())),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}
