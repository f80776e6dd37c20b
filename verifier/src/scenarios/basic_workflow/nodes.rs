//! Registered nodes, as three witnesses see them.

use std::collections::BTreeMap;

use persys_contract::{
    Node, NodeStatus, StoreKeys,
    topology::{Machine, MachineRole},
};

use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepError, StepResult},
    probe::ChangeKind,
};

pub async fn registered(cx: &mut Context) -> StepResult {
    let agents: Vec<(String, Machine)> = cx
        .topology()
        .with_role(MachineRole::Agent)
        .map(|(name, machine)| (name.to_owned(), machine.clone()))
        .collect();
    let gateway = cx.gateway();
    let listed = cx
        .wait("the gateway lists every node as active", || async {
            let nodes = match gateway.nodes().await {
                Ok(answer) => match answer.ok() {
                    Ok(list) => by_id(list.nodes),
                    Err(error) => return Progress::unanswered(error),
                },
                Err(error) => return Progress::unanswered(error),
            };
            let active = |name: &str| {
                nodes.get(name).is_some_and(|node| node.status == Some(NodeStatus::Active))
            };
            let missing: Vec<_> =
                agents.iter().map(|(name, _)| name.as_str()).filter(|n| !active(n)).collect();
            if missing.is_empty() {
                Progress::Ready(nodes)
            } else {
                let known: Vec<_> = nodes.keys().map(String::as_str).collect();
                Progress::not_yet(format!(
                    "{} not active; listed at all: {}",
                    missing.join(", "),
                    known.join(", ")
                ))
            }
        })
        .await?;
    let mut checks = cx.checks();
    checks.equal("number of nodes in the list", listed.len(), agents.len());
    for (name, machine) in &agents {
        describes(&mut checks, &listed[name], machine, cx.topology().ports.agent);
        if let Some(stored) = checks.some(
            &format!("record of {name} in etcd"),
            cx.etcd().node(name).await?.map(|stored| stored.value),
        ) {
            checks.equal("address in etcd", &stored.ip_address, &listed[name].ip_address);
            checks.equal("labels in etcd", &stored.labels, &listed[name].labels);
            checks.equal("status in etcd", stored.status, listed[name].status);
        }
        let addresses: Vec<_> =
            cx.dns().node(name).await?.records.iter().map(|record| record.address).collect();
        checks.equal(&format!("DNS addresses of {name}"), addresses, vec![machine.address]);
    }
    checks.finish()
}

fn by_id(nodes: Vec<Node>) -> BTreeMap<String, Node> {
    nodes.into_iter().map(|node| (node.node_id.clone(), node)).collect()
}

/// What a node reports fits the machine that it is.
fn describes(checks: &mut Checks, node: &Node, machine: &Machine, port: u16) {
    let name = &node.node_id;
    checks.equal(&format!("address of {name}"), &node.ip_address, &machine.address.to_string());
    checks.equal(&format!("port of {name}"), node.agent_port, port);
    checks.equal(&format!("labels of {name}"), &node.labels, &machine.labels);
    checks.equal(&format!("engine of {name}"), node.container_engine.kind.as_str(), "docker");
    let sane = node.total_cpu > 0.0 && node.total_memory > 0;
    let capacity = format!("{} cores, {} bytes", node.total_cpu, node.total_memory);
    checks.is_true(&format!("capacity of {name}"), sane, capacity);
    let within = node.available_memory <= node.total_memory;
    checks.is_true(
        &format!("available memory of {name} is at most its total"),
        within,
        format!("{} of {}", node.available_memory, node.total_memory),
    );
}

/// A scheduler that does not know a node refuses its heartbeat with 404, and the node registers
/// again, with all that it told the first time.
pub async fn registered_again(cx: &mut Context) -> StepResult {
    let node = cx.topology().one(MachineRole::Agent).0.to_owned();
    let before = cx.etcd().node(&node).await?;
    let Some(before) = before else {
        return Err(StepError::failed(format!("etcd has no record of {node}")));
    };
    let (key, etcd, entry) = (StoreKeys::node(&node), cx.etcd(), before.entry.clone());
    cx.on_cleanup(format!("put the record of {node} back"), async move {
        if etcd.get(&entry.key).await?.is_none() {
            etcd.restore(&entry).await?;
        }
        Ok(())
    });
    cx.etcd().delete(&key).await?;
    let etcd = cx.etcd();
    let again = cx
        .wait(format!("{node} has registered again"), || async {
            match etcd.node(&node).await {
                Ok(Some(stored)) => Progress::Ready(stored.value),
                Ok(None) => Progress::not_yet("etcd has no record of it"),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    let before = before.value;
    let mut checks = cx.checks();
    checks.equal("address", again.ip_address, before.ip_address);
    checks.equal("port", again.agent_port, before.agent_port);
    checks.equal("hostname", again.hostname, before.hostname);
    checks.equal("labels", again.labels, before.labels);
    checks.equal("memory", again.total_memory, before.total_memory);
    checks.equal("engine", again.container_engine.kind, before.container_engine.kind);
    checks.equal("status", again.status, Some(NodeStatus::Active));
    checks.finish()
}

/// On the recorded history of etcd: a snapshot could show the same beat twice.
pub async fn heartbeats_advance(cx: &mut Context) -> StepResult {
    /// Beats to be seen of each node, after the one that was there.
    const BEATS: usize = 2;
    let recording = cx.etcd().record(StoreKeys::NODES).await?;
    let nodes: Vec<_> =
        cx.topology().with_role(MachineRole::Agent).map(|(name, _)| name.to_owned()).collect();
    let beats = |node: &str| -> Vec<String> {
        let mut times: Vec<String> = recording
            .of(&StoreKeys::node(node))
            .iter()
            .filter(|change| change.kind != ChangeKind::Delete)
            .filter_map(|change| change.entry.json()["lastHeartbeat"].as_str().map(str::to_owned))
            .collect();
        times.dedup();
        times
    };
    cx.waiting(format!("{BEATS} more heartbeats of every node are stored"))
        .wake_on_watch(recording.changed())
        .until(|| async {
            let counts: Vec<_> = nodes.iter().map(|n| (n, beats(n).len())).collect();
            if counts.iter().all(|&(_, count)| count > BEATS) {
                Progress::Ready(())
            } else {
                Progress::not_yet(format!("different times stored so far: {counts:?}"))
            }
        })
        .await?;
    let mut checks = cx.checks();
    for node in &nodes {
        let times = beats(node);
        let rising = times.windows(2).all(|pair| instant(&pair[0]) < instant(&pair[1]));
        checks.is_true(
            &format!("heartbeats of {node} go forward in time"),
            rising && times.iter().all(|time| instant(time).is_some()),
            format!("{times:?}"),
        );
    }
    checks.finish()
}

fn instant(text: &str) -> Option<time::OffsetDateTime> {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()
}
