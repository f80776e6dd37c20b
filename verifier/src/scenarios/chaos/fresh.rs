//! The platform as it was when nobody had asked anything of it yet.

use futures::future::try_join_all;
use persys_contract::{StoreKeys, component};

use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::FaultProbe,
};

/// Ends everything of the platform, takes away what is left of it in etcd and on the nodes, and
/// starts it anew.
pub async fn begin_anew(cx: &Context) -> StepResult {
    let probes = cx.probes();
    let machines = |names: Vec<String>, component: &'static str| {
        names.into_iter().map(move |name| (name, component)).collect::<Vec<_>>()
    };
    let gateway = cx.topology().one(persys_contract::topology::MachineRole::Gateway).0.to_owned();
    let agents: Vec<String> = probes.agents().keys().cloned().collect();
    let schedulers: Vec<String> = probes.schedulers().keys().cloned().collect();
    let parts = [
        machines(schedulers, component::SCHEDULER),
        machines(agents.clone(), component::AGENT),
        machines(vec![gateway], component::GATEWAY),
    ];
    for part in &parts {
        try_join_all(part.iter().map(|(machine, name)| end(cx.faults(machine), name))).await?;
    }
    cx.etcd().delete_below(StoreKeys::WORKLOADS).await?;
    cx.etcd().delete_below(StoreKeys::NODES).await?;
    for (machine, docker) in probes.dockers() {
        for container in docker.workloads().await? {
            cx.faults(machine).remove_container(&container.id).await?;
        }
    }
    for part in &parts {
        let starts = part.iter().map(|(machine, name)| async {
            cx.faults(machine).start(name).await.map(drop).map_err(StepError::from)
        });
        try_join_all(starts).await?;
    }
    Ok(())
}

/// Stops a component unless it has none of its processes left.
async fn end(faults: FaultProbe, component: &str) -> StepResult {
    if faults.component(component).await?.component.state.has_processes() {
        let stop = persys_faultd::protocol::Action::Stop { component: component.to_owned() };
        faults.act(stop).await?;
    }
    Ok(())
}
