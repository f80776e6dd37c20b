//! The machines as a plan sees them: who can be broken, and how.

use std::collections::{BTreeMap, BTreeSet};

use persys_contract::topology::{Feature, MachineRole, Topology};
use persys_faultd::protocol::Capability;

use crate::engine::Capabilities;

pub use persys_contract::component::{AGENT, DNS, DOCKER, ETCD, GATEWAY, SCHEDULER};

/// Everything that a plan is made from besides its seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Ground {
    pub gateway: String,
    pub schedulers: Vec<String>,
    pub agents: Vec<String>,
    pub etcd: String,
    pub dns: String,
    /// Where it is absent, no workload comes from a repository.
    pub github: Option<String>,
    /// Agents whose labels no other has, so that a workload can be kept there.
    pub distinct: Vec<String>,
    pub node_timeout_ms: u64,
    pub has_desired_state: bool,
    /// What each machine can do.
    can: BTreeMap<String, BTreeSet<String>>,
}

impl Ground {
    pub fn of(topology: &Topology, capabilities: &Capabilities) -> Self {
        let named = |role| -> Vec<String> {
            topology.with_role(role).map(|(name, _)| name.to_owned()).collect()
        };
        let agents = named(MachineRole::Agent);
        let labels = |name: &String| &topology.machines[name].labels;
        let distinct = |name: &&String| {
            let shared = |other: &String| {
                other != *name && labels(name).iter().all(|(k, v)| labels(other).get(k) == Some(v))
            };
            !labels(name).is_empty() && !agents.iter().any(shared)
        };
        Self {
            gateway: topology.one(MachineRole::Gateway).0.to_owned(),
            schedulers: named(MachineRole::Scheduler),
            etcd: topology.one(MachineRole::Etcd).0.to_owned(),
            dns: topology.one(MachineRole::Dns).0.to_owned(),
            github: named(MachineRole::Github).into_iter().next(),
            distinct: agents.iter().filter(distinct).cloned().collect(),
            agents,
            node_timeout_ms: topology.timings.node_timeout().as_millis() as u64,
            has_desired_state: topology.platform.has(Feature::DesiredState),
            can: capabilities.machines.clone(),
        }
    }

    pub fn has(&self, machine: &str) -> bool {
        self.can.contains_key(machine)
    }

    pub fn can(&self, machine: &str, capability: Capability) -> bool {
        self.can.get(machine).is_some_and(|has| has.contains(capability.as_str()))
    }

    /// What some machine lacks, in a sentence each.
    pub fn lacks(&self) -> Vec<String> {
        let faults = [
            (Capability::Nft, "no link is cut"),
            (Capability::Loss, "no packet is lost"),
            (Capability::Netem, "no packet is delayed"),
            (Capability::Tbf, "no rate is bounded"),
        ];
        let lacking = |capability| {
            let machines = self.can.keys().filter(|machine| !self.can(machine, capability));
            machines.map(String::as_str).collect::<Vec<_>>()
        };
        faults
            .into_iter()
            .filter_map(|(capability, consequence)| {
                let machines = lacking(capability);
                let kernel = machines.join(", ");
                (!machines.is_empty())
                    .then(|| format!("{consequence} on {kernel}: the kernel lacks {capability}"))
            })
            .chain(["no clock is set: the fault daemons cannot".to_owned()])
            .collect()
    }

    pub fn is_agent(&self, machine: &str) -> bool {
        self.agents.iter().any(|agent| agent == machine)
    }

    pub fn is_scheduler(&self, machine: &str) -> bool {
        self.schedulers.iter().any(|scheduler| scheduler == machine)
    }
}

#[cfg(test)]
pub(super) mod fixture {
    use std::path::Path;

    use super::*;

    pub fn topology() -> Topology {
        let text = include_str!("../../../topology.json");
        Topology::parse(Path::new("topology.json"), text).unwrap()
    }

    /// The shipped topology on machines that have all of these.
    pub fn ground(can: &[&str]) -> Ground {
        let topology = topology();
        let can: BTreeSet<String> = can.iter().map(|&name| name.to_owned()).collect();
        let machines = topology.machines.keys().map(|name| (name.clone(), can.clone())).collect();
        Ground::of(&topology, &Capabilities { machines })
    }

    pub fn whole() -> Ground {
        ground(&["nft", "loss", "netem", "tbf", "docker"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machines_lack_is_told() {
        assert_eq!(fixture::whole().lacks().len(), 1, "the clock alone");
        let lacks = fixture::ground(&["nft", "docker"]).lacks();
        assert!(lacks.iter().any(|text| text.contains("the kernel lacks netem")), "{lacks:?}");
        assert_eq!(lacks.len(), 4);
    }

    #[test]
    fn the_shipped_topology_is_read() {
        let ground = fixture::whole();
        assert_eq!(ground.distinct, ["agent1", "agent2"]);
        assert_eq!((ground.schedulers.len(), ground.node_timeout_ms), (2, 5000));
    }
}
