//! All witnesses of a run, in one hand.

use std::{collections::BTreeMap, net::SocketAddrV4, path::Path, sync::Arc};

use persys_contract::topology::{Feature, MachineRole, Topology};
use persys_identity::Authority;

use super::{
    AgentProbe, ApiProbe, CliProbe, Conformance, DnsProbe, DockerProbe, EtcdProbe, FaultProbe,
    GithubProbe, HostChannel, LoadClient, LogProbe, MetricsProbe, ProbeError, PublishedProbe,
    Secrets, TlsProbe, evidence::Evidence, setup::ProbeSetup,
};
use crate::evidence::{LogSource, Recorder};

/// All witnesses of a run. Each is a handle that is cheap to clone, lives as long
/// as anybody holds it, records what it sees under the step that is running,
/// and bounds every call in time. An accessor that is given the name of a machine
/// panics if the topology has no such machine in that role.
#[derive(Clone)]
pub struct Probes {
    setup: ProbeSetup,
    evidence: Evidence,
    gateway: ApiProbe,
    schedulers: BTreeMap<String, ApiProbe>,
    agents: BTreeMap<String, AgentProbe>,
    dockers: BTreeMap<String, DockerProbe>,
    faults: BTreeMap<String, FaultProbe>,
    etcd: EtcdProbe,
    dns: DnsProbe,
    cli: CliProbe,
    host: Option<HostChannel>,
}

impl Probes {
    /// Prepares every witness; nothing is asked yet. `credentials` is the folder
    /// of the client machine (usually the topology's), `cli` the client program:
    /// a path, or a name to be looked up in `PATH`. Secrets found in the folder
    /// are hidden from whatever `recorder` writes.
    pub fn open(
        topology: Arc<Topology>,
        credentials: &Path,
        cli: &Path,
        recorder: Recorder,
    ) -> Result<Self, ProbeError> {
        let setup = ProbeSetup::new(topology.clone(), credentials, cli)?;
        for secret in setup.secrets().values() {
            recorder.hide(&secret);
        }
        let evidence = Evidence::new(recorder).watching();
        let ports = &topology.ports;
        let address = topology.socket(MachineRole::Gateway, ports.gateway);
        let gateway = ApiProbe::new(
            &setup,
            &evidence,
            "the gateway",
            address,
            ports.gateway_plain,
            "client",
        )?;
        let mut schedulers = BTreeMap::new();
        for (name, machine) in topology.with_role(MachineRole::Scheduler) {
            let address = SocketAddrV4::new(machine.address, ports.scheduler);
            let who = format!("the scheduler on {name}");
            let plain = ports.scheduler_plain;
            let probe = ApiProbe::new(&setup, &evidence, who, address, plain, "operator")?;
            schedulers.insert(name.to_owned(), probe);
        }
        let (mut agents, mut dockers) = (BTreeMap::new(), BTreeMap::new());
        for (name, _) in topology.with_role(MachineRole::Agent) {
            agents.insert(name.to_owned(), AgentProbe::new(&setup, &evidence, name)?);
            dockers.insert(name.to_owned(), DockerProbe::new(&setup, &evidence, name)?);
        }
        let mut faults = BTreeMap::new();
        for name in topology.machines.keys() {
            faults.insert(name.clone(), FaultProbe::new(&setup, &evidence, name)?);
        }
        Ok(Self {
            gateway,
            schedulers,
            agents,
            dockers,
            faults,
            etcd: EtcdProbe::new(&setup, &evidence)?,
            dns: DnsProbe::new(&setup, &evidence),
            cli: CliProbe::new(&setup, &evidence, "client"),
            host: None,
            setup,
            evidence,
        })
    }

    /// With a way to ask the host of the machines.
    #[must_use]
    pub fn with_host(self, host: Option<HostChannel>) -> Self {
        Self { host, ..self }
    }

    /// Whoever runs the machines, where they can be asked.
    pub fn host(&self) -> Option<HostChannel> {
        self.host.clone()
    }

    pub fn topology(&self) -> &Topology {
        self.setup.topology()
    }

    pub(super) fn is_public_build(&self) -> bool {
        self.setup.is_public_build()
    }

    /// The gateway, as role `client`.
    pub fn gateway(&self) -> ApiProbe {
        self.gateway.clone()
    }

    /// A scheduler asked directly, as role `operator`.
    pub fn scheduler(&self, machine: &str) -> ApiProbe {
        pick(&self.schedulers, "scheduler", machine)
    }

    /// Every scheduler, by machine.
    pub fn schedulers(&self) -> &BTreeMap<String, ApiProbe> {
        &self.schedulers
    }

    /// Handshakes with the gateway, with any certificate, version and name.
    pub fn tls_to_gateway(&self) -> Result<TlsProbe, ProbeError> {
        let topology = self.setup.topology();
        let address = topology.socket(MachineRole::Gateway, topology.ports.gateway);
        self.tls("the gateway", address)
    }

    /// Handshakes with the scheduler on a machine.
    pub fn tls_to_scheduler(&self, machine: &str) -> Result<TlsProbe, ProbeError> {
        let address = self.setup.socket(machine, self.setup.topology().ports.scheduler)?;
        self.tls(&format!("the scheduler on {machine}"), address)
    }

    fn tls(&self, who: &str, address: SocketAddrV4) -> Result<TlsProbe, ProbeError> {
        let ids = self.setup.topology().platform.has(Feature::RequestId);
        TlsProbe::new(&self.setup, &self.evidence, who, address, Conformance::api(ids))
    }

    /// The test network's authority, where its key is on this machine: it makes
    /// certificates of any kind.
    pub fn authority(&self) -> Result<Option<Authority>, ProbeError> {
        self.setup.authority()
    }

    /// An agent, with signed requests.
    pub fn agent(&self, machine: &str) -> AgentProbe {
        pick(&self.agents, "agent", machine)
    }

    /// Every agent, by machine, which is the node's id as well.
    pub fn agents(&self) -> &BTreeMap<String, AgentProbe> {
        &self.agents
    }

    pub fn etcd(&self) -> EtcdProbe {
        self.etcd.clone()
    }

    /// CoreDNS, asked directly over UDP.
    pub fn dns(&self) -> DnsProbe {
        self.dns.clone()
    }

    /// The Docker Engine of an agent.
    pub fn docker(&self, machine: &str) -> DockerProbe {
        pick(&self.dockers, "Docker Engine", machine)
    }

    /// Every Docker Engine, by machine.
    pub fn dockers(&self) -> &BTreeMap<String, DockerProbe> {
        &self.dockers
    }

    /// A port that a container publishes on a machine, asked over plain HTTP.
    ///
    /// # Errors
    /// [`ProbeError::Setup`] when the topology has no such machine.
    pub fn published(&self, machine: &str, port: u16) -> Result<PublishedProbe, ProbeError> {
        PublishedProbe::new(&self.setup, &self.evidence, machine, port)
    }

    /// GitHub's stand-in, where the topology has one.
    pub fn github(&self) -> Result<Option<GithubProbe>, ProbeError> {
        GithubProbe::new(&self.setup, &self.evidence)
    }

    /// A secret file of the client's credentials, such as `jwt-key`.
    pub fn secret(&self, name: &str) -> Result<String, ProbeError> {
        self.setup.secret(name)
    }

    /// `persys-cli`, run as a user runs it, as role `client`.
    pub fn cli(&self) -> CliProbe {
        self.cli.clone()
    }

    /// Sends load as role `client` to an address of the test network, and to no other.
    pub fn load_client(&self, address: SocketAddrV4) -> Result<LoadClient, ProbeError> {
        LoadClient::new(&self.setup, address)
    }

    pub fn metrics(&self) -> MetricsProbe {
        MetricsProbe::new(&self.setup, &self.evidence)
    }

    /// The fault daemon of a machine.
    pub fn faults(&self, machine: &str) -> FaultProbe {
        pick(&self.faults, "fault daemon", machine)
    }

    /// Every fault daemon, by machine.
    pub fn all_faults(&self) -> &BTreeMap<String, FaultProbe> {
        &self.faults
    }

    /// The logs of every machine; `scale` multiplies how long each may take to answer.
    pub fn logs(&self, scale: f64) -> Arc<dyn LogSource> {
        Arc::new(LogProbe::new(self.faults.clone(), scale))
    }

    /// What must be in no answer, no log and no report.
    pub fn secrets(&self) -> &Secrets {
        self.setup.secrets()
    }

    /// Adds a secret that a scenario made, such as a workload's git token: it is
    /// Writes evidence down, redacted, under the step that runs.
    pub fn recorder(&self) -> &Recorder {
        self.evidence.recorder()
    }

    /// looked for in every later answer, and taken out of everything that is written.
    pub fn add_secret(&self, name: &str, value: &str) {
        self.secrets().add(name, value);
        self.recorder().hide(value);
    }
}

fn pick<T: Clone>(all: &BTreeMap<String, T>, kind: &str, machine: &str) -> T {
    all.get(machine).cloned().unwrap_or_else(|| {
        let names: Vec<_> = all.keys().map(String::as_str).collect();
        panic!("the topology has no {kind} on {machine}, only on {}", names.join(", "))
    })
}
