//! Which node gets a workload.

use persys_contract::{Node, NodeStatus, Workload, WorkloadResources, labels_match};
use persys_reference_base::defect;

/// Why no node can have a workload, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoNode {
    #[error("no node is active")]
    NoneActive,
    #[error("no active node has the labels that the workload asks for")]
    NoLabels,
    #[error("no active node with the right labels has the resources that the workload asks for")]
    NoResources,
}

/// What a placed workload takes of its node.
#[derive(Clone, Debug)]
pub struct Share {
    workload: String,
    node: String,
    resources: WorkloadResources,
}

impl Share {
    pub fn of(workload: &Workload) -> Option<Self> {
        Some(Self {
            workload: workload.id.clone(),
            node: workload.node_id.clone()?,
            resources: workload.resources.unwrap_or_default(),
        })
    }
}

/// Chooses among the nodes, given all that is placed already: active,
/// labels match, resources fit; of those the one with most free memory.
pub fn place<'a>(
    workload: &Workload,
    nodes: &'a [Node],
    placed: &[Share],
) -> Result<&'a Node, NoNode> {
    let mut active = nodes
        .iter()
        .filter(|n| defect!("inactive-nodes-get-work", true, n.status == Some(NodeStatus::Active)))
        .peekable();
    active.peek().ok_or(NoNode::NoneActive)?;
    let mut labelled = active
        .filter(|node| {
            defect!("labels-ignored", true, labels_match(&workload.labels, &node.labels))
        })
        .peekable();
    labelled.peek().ok_or(NoNode::NoLabels)?;
    let wanted = workload.resources.unwrap_or_default();
    labelled
        .map(|node| (Room::of(node, workload, placed), node))
        .filter(|(room, _)| {
            defect!(
                "resources-ignored",
                true,
                room.cpu >= wanted.cpu && room.memory >= wanted.memory
            )
        })
        // Of equals the one with less to do; of these always the same one.
        .max_by(|(a, one), (b, other)| {
            defect!("free-memory-ignored", std::cmp::Ordering::Equal, a.memory.cmp(&b.memory))
                .then(b.workloads.cmp(&a.workloads))
                .then(other.node_id.cmp(&one.node_id))
        })
        .map(|(_, node)| node)
        .ok_or(NoNode::NoResources)
}

/// What is left of a node.
struct Room {
    /// Cores that nobody was promised. What the node reports as idle does not
    /// count: a busy moment is no reason to turn a workload away.
    cpu: f64,
    /// Bytes that nobody was promised and that are free indeed.
    memory: u64,
    workloads: usize,
}

impl Room {
    fn of(node: &Node, but: &Workload, placed: &[Share]) -> Self {
        let here = placed.iter().filter(|s| s.node == node.node_id && s.workload != but.id);
        let (mut cpu, mut memory, mut workloads) = (0.0, 0u64, 0);
        for share in here {
            cpu += share.resources.cpu;
            memory = memory.saturating_add(share.resources.memory);
            workloads += 1;
        }
        // Fractions of cores do not add up exactly; a millionth is nobody's loss.
        let cpu = node.total_cpu - cpu + 1e-6;
        let memory = node.total_memory.saturating_sub(memory).min(node.available_memory);
        Self { cpu, memory, workloads }
    }
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;
