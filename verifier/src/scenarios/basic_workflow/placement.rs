//! Which node a workload goes to.

use std::collections::BTreeMap;

use persys_contract::{ErrorCode, Workload, WorkloadType, topology::TestImage};

use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    scenarios::support::{Submission, ends_on_sigterm},
};

/// A workload that does nothing, on a node with these labels.
pub fn idle(cx: &Context, labels: BTreeMap<String, String>) -> Workload {
    Workload {
        name: cx.unique("placed"),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some(ends_on_sigterm(":")),
        labels,
        ..Workload::default()
    }
}

pub async fn by_labels(cx: &mut Context) -> StepResult {
    let mut alone = Vec::new();
    for (name, machine) in &cx.topology().machines {
        // Labels by which exactly this one machine can be meant.
        let fits = cx
            .topology()
            .machines
            .values()
            .filter(|other| persys_contract::labels_match(&machine.labels, &other.labels))
            .count();
        if !machine.labels.is_empty() && fits == 1 {
            alone.push((name.clone(), machine.labels.clone()));
        }
    }
    if alone.is_empty() {
        return Err(StepError::skipped("no node of the topology has labels of its own"));
    }
    let mut checks = cx.checks();
    // Two in a row: to and fro is what a scheduler does that looks at no label.
    for (node, labels) in alone.into_iter().flat_map(|one| [one.clone(), one]) {
        let submission = Submission::through_gateway(cx, idle(cx, labels)).await?;
        checks.equal("node", submission.node(), node.as_str());
        let stored = cx.etcd().workload(submission.id()).await?;
        let stored = stored.and_then(|stored| stored.value.node_id);
        checks.equal("node in etcd", stored.as_deref(), Some(node.as_str()));
    }
    checks.finish()
}

pub async fn no_suitable_node(cx: &mut Context) -> StepResult {
    let nowhere = BTreeMap::from([("zone".to_owned(), "nowhere".to_owned())]);
    let by_label = idle(cx, nowhere);
    let mut by_memory = idle(cx, BTreeMap::new());
    by_memory.resources = Some(persys_contract::WorkloadResources { cpu: 0.0, memory: 1 << 50 });
    let mut by_cpu = idle(cx, BTreeMap::new());
    by_cpu.resources = Some(persys_contract::WorkloadResources { cpu: 100_000.0, memory: 0 });
    for workload in [by_label, by_memory, by_cpu] {
        cx.gateway().schedule(&workload).await?.refused(ErrorCode::NoSuitableNode)?;
        let mut checks = cx.checks();
        let stored = cx.etcd().workloads().await?;
        let found = stored.iter().any(|stored| stored.value.name == workload.name);
        checks.is_true("nothing is stored of what was refused", !found, workload.name);
        checks.finish()?;
    }
    Ok(())
}
