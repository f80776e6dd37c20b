//! Of the nodes that fit, the one with most free memory gets a workload.
//!
//! The agents stand still meanwhile and the verifier sends their heartbeats, signed as they would
//! be: how much memory is free is then what it says, and no figure of theirs comes between.

use std::collections::BTreeMap;

use futures::future::{join_all, try_join_all};
use persys_contract::{
    Heartbeat, NodeStatus, Workload, WorkloadStatus, component::AGENT, topology::MachineRole,
};
use reqwest::Method;

use super::{create::Web, placement::idle};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::HttpRequest,
    scenarios::support::{Submission, until_nodes_active, until_status},
};

/// Of the smallest node's memory: so far apart that what is promised to the few workloads there
/// are makes no difference.
const RICH: u64 = 2;
const POOR: u64 = 8;
/// In a row: to and fro is what a scheduler does that looks at no memory.
const IN_A_ROW: usize = 2;

pub async fn by_free_memory(cx: &mut Context) -> StepResult {
    let nodes: Vec<String> = cx.probes().agents().keys().cloned().collect();
    if nodes.len() < 2 {
        return Err(StepError::skipped("needs two agents, and the topology has one"));
    }
    until_nodes_active(cx).await?;
    let web = cx.get::<Web>()?.0.id().to_owned();
    let faults = try_join_all(nodes.iter().map(|node| {
        let faults = cx.faults(node);
        async move { faults.pause(AGENT).await }
    }))
    .await?;
    let placed = placed(cx, &nodes).await;
    for healed in join_all(faults.into_iter().map(|fault| fault.heal())).await {
        healed?;
    }
    let placed = placed?;
    // Later steps find everything as it was.
    for id in placed.iter().map(|(submission, _)| submission.id()).chain([web.as_str()]) {
        until_status(cx, id, WorkloadStatus::Running).await?;
    }
    let mut checks = cx.checks();
    for (submission, richest) in &placed {
        checks.equal("node with most free memory", submission.node(), richest.as_str());
    }
    checks.finish()
}

/// Workloads that any node could have, and the node that was the richest of each.
async fn placed(cx: &Context, nodes: &[String]) -> Result<Vec<(Submission, String)>, StepError> {
    let mut placed = Vec::new();
    // Each of two is the richest once, so that a scheduler with a favourite is found out.
    for richest in &nodes[..2] {
        for _ in 0..IN_A_ROW {
            // Anew for each: nobody else beats meanwhile, and a node is not active for ever.
            let memory = plant(cx, nodes, richest).await?;
            let workload: Workload = idle(cx, BTreeMap::new());
            let submission = Submission::through_gateway(cx, workload).await?;
            placed.push((submission, richest.clone()));
            let now = known(cx).await?;
            if now != memory {
                return Err(StepError::error(format!(
                    "the agents stand still, and yet the nodes' free memory became {now:?} after \
                     {memory:?}"
                )));
            }
        }
    }
    Ok(placed)
}

/// Beats for every node, with much free memory for one of them, until all is noted.
async fn plant(
    cx: &Context,
    nodes: &[String],
    richest: &str,
) -> Result<BTreeMap<String, u64>, StepError> {
    let records = cx.etcd().nodes().await?;
    let smallest = records.iter().map(|record| record.value.total_memory).min().unwrap_or_default();
    let memory: BTreeMap<String, u64> = nodes
        .iter()
        .map(|node| (node.clone(), smallest / if node == richest { RICH } else { POOR }))
        .collect();
    let scheduler = cx.topology().one(MachineRole::Scheduler).0;
    let scheduler = cx.scheduler(scheduler).signed()?;
    for record in &records {
        let node_id = record.value.node_id.clone();
        let Some(available_memory) = memory.get(&node_id).copied() else { continue };
        let available_cpu = record.value.total_cpu;
        let status = NodeStatus::Active;
        let beat = Heartbeat { node_id, status, available_cpu, available_memory };
        let request = HttpRequest::new(Method::POST, "/nodes/heartbeat").json(&beat);
        let exchange = scheduler.send(request).await?;
        let mut checks = cx.checks();
        checks.equal("status of a signed heartbeat", exchange.status, 200);
        checks.finish()?;
    }
    cx.wait(format!("{richest} is known to have most free memory"), || async {
        match known(cx).await {
            Ok(known) if known == memory => Progress::Ready(()),
            Ok(known) => Progress::not_yet(format!("known is {known:?}")),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await?;
    Ok(memory)
}

/// The nodes' free memory, as the API says; those that are not active are missing.
async fn known(cx: &Context) -> Result<BTreeMap<String, u64>, StepError> {
    let list = cx.gateway().nodes().await?.ok()?;
    let active = list.nodes.into_iter().filter(|node| node.status == Some(NodeStatus::Active));
    Ok(active.map(|node| (node.node_id, node.available_memory)).collect())
}
