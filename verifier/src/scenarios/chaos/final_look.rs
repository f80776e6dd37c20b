//! What every witness says in the end.

use std::collections::{BTreeMap, BTreeSet};

use persys_contract::{
    Discovery as Names, NodeStatus, ServiceRecord, Workload, component, topology::MachineRole,
};

use super::stage::Stage;
use crate::{
    chaos::{Discovery, FinalContainer, FinalRecord, FinalState, Kind, Story},
    context::Context,
    evidence::StepError,
};

/// The platform's containers and records.
pub async fn state(cx: &Context) -> Result<FinalState, StepError> {
    let record = |workload: Workload| {
        let (node, status, desired) = (workload.node_id, workload.status, workload.desired_state);
        (workload.id, FinalRecord { node, status, desired })
    };
    let mut containers = Vec::new();
    for (node, docker) in cx.probes().dockers() {
        for listed in docker.workloads().await? {
            containers.push(FinalContainer {
                node: node.clone(),
                workload: listed.workload().unwrap_or_default().to_owned(),
                part: listed.part(),
                state: listed.state,
            });
        }
    }
    // Asked after the engines: a workload that was made meanwhile has its record.
    let etcd = cx.etcd().workloads().await?;
    let api = cx.gateway().workloads(&[]).await?.ok()?;
    Ok(FinalState {
        etcd: etcd.into_iter().map(|stored| record(stored.value)).collect(),
        api: api.into_iter().map(record).collect(),
        containers,
    })
}

/// What became of the plan's one-shot workloads on the way.
pub fn stories(stage: &Stage) -> BTreeMap<u32, Story> {
    let orders = stage.plan.orders();
    let one_shots = orders.iter().filter(|(_, ordered)| ordered.kind == Kind::OneShot);
    one_shots
        .map(|(number, _)| {
            let id = stage.cast.id(*number);
            let events = stage.watch.containers.values().flat_map(|node| node.of_workload(&id));
            let ended_well = events.filter(|event| event.exit_code == Some(0)).count();
            let versions = stage.watch.records.workload_versions(&id);
            let nodes = versions.into_iter().filter_map(|(_, workload)| workload.node_id).collect();
            (*number, Story { ended_well, nodes })
        })
        .collect()
}

/// Who schedules, and which nodes are not there.
pub async fn discovery(cx: &Context) -> Result<Discovery, StepError> {
    let topology = cx.topology();
    let names = Names::new(&topology.domain);
    let machine = |address: &str| {
        let found = topology.machines.iter().find(|(_, m)| m.address.to_string() == address);
        found.map_or(address, |(name, _)| name.as_str()).to_owned()
    };
    let mut found = Discovery::default();
    for (name, _) in topology.with_role(MachineRole::Scheduler) {
        let component = cx.faults(name).component(component::SCHEDULER).await?.component;
        if component.state.is_running() {
            found.alive.insert(name.to_owned());
        }
    }
    for entry in cx.etcd().list(&names.service_prefix()).await? {
        let record: ServiceRecord = serde_json::from_slice(&entry.value).map_err(|error| {
            StepError::failed(format!("the value of {} is no record: {error}", entry.key))
        })?;
        found.registered.insert(machine(&record.host));
    }
    let srv = cx.dns().schedulers().await?;
    found.srv = srv.iter().map(|address| machine(&address.ip().to_string())).collect();
    let a = cx.dns().a(&names.scheduler_name()).await?.records;
    found.a = a.iter().map(|record| machine(&record.address.to_string())).collect();
    found.leaders = cx.metrics().leaders().await;
    let nodes = cx.gateway().nodes().await?.ok()?.nodes;
    let active: BTreeSet<String> = nodes
        .into_iter()
        .filter(|node| node.status == Some(NodeStatus::Active))
        .map(|node| node.node_id)
        .collect();
    let agents = topology.with_role(MachineRole::Agent).map(|(name, _)| name.to_owned());
    found.inactive = agents.filter(|name| !active.contains(name)).collect();
    Ok(found)
}
