//! Who receives signed requests, and a request to each that would show if it
//! were executed.

use persys_contract::{
    DockerRun, Heartbeat, Node, NodeStatus, StoreKeys,
    topology::{MachineRole, TestImage},
};
use rand::RngExt;
use reqwest::Method;

use crate::{
    context::Context,
    evidence::StepError,
    probe::{ChangeKind, DockerRecording, HttpRequest, Recording, SignedProbe},
    scenarios::support::Component,
};

/// A component that takes signed requests alone.
#[derive(Clone)]
pub struct Receiver {
    pub component: Component,
    pub probe: SignedProbe,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Agent,
    Scheduler,
}

/// A request and how its execution would show.
#[derive(Clone)]
pub struct Order {
    pub request: HttpRequest,
    pub effect: Effect,
}

/// What there would be to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A container with this workload's label on this node.
    Container { node: String, workload: String },
    /// The end of a container that runs, with this workload's label on this node.
    End { node: String, workload: String },
    /// This figure of available memory in this node's record.
    Memory { node: String, bytes: u64 },
    /// A record of this node.
    Node { node: String },
}

/// The histories on which effects would show, from before the first request.
pub struct Witnesses {
    nodes: Recording,
    containers: std::collections::BTreeMap<String, DockerRecording>,
}

/// What Docker tells of a container that is stopped or removed.
const ENDS: [&str; 6] = ["kill", "stop", "die", "pause", "restart", "destroy"];

impl Receiver {
    /// Every agent and every scheduler.
    pub fn all(cx: &Context) -> Result<Vec<Self>, StepError> {
        let mut all = Self::agents(cx);
        all.extend(Self::schedulers(cx)?);
        Ok(all)
    }

    pub fn agents(cx: &Context) -> Vec<Self> {
        let receiver = |(machine, _): (&str, _)| {
            let probe = cx.agent(machine).signed().clone();
            Self { component: Component::agent(machine), probe, kind: Kind::Agent }
        };
        cx.topology().with_role(MachineRole::Agent).map(receiver).collect()
    }

    pub fn schedulers(cx: &Context) -> Result<Vec<Self>, StepError> {
        let receiver = |component: Component| {
            let probe = cx.scheduler(&component.machine).signed()?;
            Ok(Self { component, probe, kind: Kind::Scheduler })
        };
        Component::schedulers(cx).into_iter().map(receiver).collect()
    }

    /// An order that nobody has given before: of an agent, to run a container; of
    /// a scheduler, to note a figure of a node.
    pub fn order(&self, cx: &Context) -> Order {
        match self.kind {
            Kind::Agent => {
                let workload = cx.unique("ordered");
                let order = DockerRun {
                    workload_id: workload.clone(),
                    name: workload.clone(),
                    display_name: workload.clone(),
                    image: cx.topology().image(TestImage::Worker).to_owned(),
                    command: Some("sleep 60".to_owned()),
                    background: true,
                    ..DockerRun::default()
                };
                let request = HttpRequest::new(Method::POST, "/docker/run").json(&order);
                let node = self.component.machine.clone();
                Order { request, effect: Effect::Container { node, workload } }
            }
            Kind::Scheduler => heartbeat(cx),
        }
    }
}

/// A heartbeat of a node that exists, with a figure that no node reports by itself.
pub fn heartbeat(cx: &Context) -> Order {
    let node = cx.topology().one(MachineRole::Agent).0.to_owned();
    // Odd, and less than any node has: a true figure is a multiple of a kilobyte.
    let bytes = rand::rng().random_range(1..1_u64 << 24) * 2 + 1;
    let beat = Heartbeat {
        node_id: node.clone(),
        status: NodeStatus::Active,
        available_cpu: 0.25,
        available_memory: bytes,
    };
    let request = HttpRequest::new(Method::POST, "/nodes/heartbeat").json(&beat);
    Order { request, effect: Effect::Memory { node, bytes } }
}

/// The registration of a node that does not exist, on the verifier's own address.
pub fn registration(cx: &Context) -> Order {
    let id = cx.unique("rogue-node");
    let node = Node {
        node_id: id.clone(),
        ip_address: cx.topology().one(MachineRole::Client).1.address.to_string(),
        agent_port: cx.topology().ports.agent,
        hostname: id.clone(),
        username: String::new(),
        os_name: String::new(),
        kernel_version: String::new(),
        status: None,
        total_cpu: 64.0,
        total_memory: 1 << 40,
        available_cpu: 64.0,
        available_memory: 1 << 40,
        resources: Default::default(),
        container_engine: persys_contract::ContainerEngine {
            kind: "docker".to_owned(),
            status: "running".to_owned(),
            version: "20.10".to_owned(),
        },
        labels: Default::default(),
        last_heartbeat: None,
        domain_name: None,
    };
    let request = HttpRequest::new(Method::POST, "/nodes/register").json(&node);
    Order { request, effect: Effect::Node { node: id } }
}

impl Witnesses {
    pub async fn start(cx: &Context) -> Result<Self, StepError> {
        let nodes = cx.etcd().record(StoreKeys::NODES).await?;
        let mut containers = std::collections::BTreeMap::new();
        for (node, docker) in cx.probes().dockers() {
            containers.insert(node.clone(), docker.record().await?);
        }
        Ok(Self { nodes, containers })
    }

    /// How often an effect was seen since the beginning.
    pub fn seen(&self, effect: &Effect) -> usize {
        let writes = |node: &str| {
            let changes = self.nodes.of(&StoreKeys::node(node));
            changes.into_iter().filter(|change| change.kind == ChangeKind::Put).collect::<Vec<_>>()
        };
        match effect {
            Effect::Container { node, workload } => {
                let actions = self.containers[node].actions(workload);
                actions.iter().filter(|action| *action == "create").count()
            }
            Effect::End { node, workload } => {
                let actions = self.containers[node].actions(workload);
                actions.iter().filter(|action| ENDS.contains(&action.as_str())).count()
            }
            Effect::Memory { node, bytes } => {
                let figure = |json: serde_json::Value| json["availableMemory"].as_u64();
                let written = writes(node);
                written.iter().filter(|put| figure(put.entry.json()) == Some(*bytes)).count()
            }
            Effect::Node { node } => writes(node).len(),
        }
    }

    /// Wakes whoever waits for an effect of this kind.
    pub fn changed(&self, effect: &Effect) -> tokio::sync::watch::Receiver<u64> {
        match effect {
            Effect::Container { node, .. } | Effect::End { node, .. } => {
                self.containers[node].changed()
            }
            Effect::Memory { .. } | Effect::Node { .. } => self.nodes.changed(),
        }
    }
}
