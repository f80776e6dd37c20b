//! Short ways from a step's context to the witnesses.

use super::Context;
use crate::{
    evidence::StepError,
    probe::{
        AgentProbe, ApiProbe, CliProbe, DnsProbe, DockerProbe, EtcdProbe, FaultProbe, HostChannel,
        MetricsProbe,
    },
};

/// The witnesses' handles. Those of a machine panic when the topology has no such
/// machine in that role; the runner makes it an error of the step.
impl Context {
    /// The gateway, as role `client`.
    pub fn gateway(&self) -> ApiProbe {
        self.probes().gateway()
    }

    /// A scheduler asked directly, as role `operator`.
    pub fn scheduler(&self, machine: &str) -> ApiProbe {
        self.probes().scheduler(machine)
    }

    /// An agent asked directly, with signed requests.
    pub fn agent(&self, machine: &str) -> AgentProbe {
        self.probes().agent(machine)
    }

    pub fn etcd(&self) -> EtcdProbe {
        self.probes().etcd()
    }

    /// CoreDNS, asked directly.
    pub fn dns(&self) -> DnsProbe {
        self.probes().dns()
    }

    /// The Docker Engine of an agent.
    pub fn docker(&self, machine: &str) -> DockerProbe {
        self.probes().docker(machine)
    }

    /// `persys-cli`, as a user runs it.
    pub fn cli(&self) -> CliProbe {
        self.probes().cli()
    }

    pub fn metrics(&self) -> MetricsProbe {
        self.probes().metrics()
    }

    /// Whoever runs the machines. A step that asks for it requires
    /// [`Requirement::HostChannel`](crate::plan::Requirement::HostChannel).
    pub fn host(&self) -> Result<HostChannel, StepError> {
        self.probes().host().ok_or_else(|| StepError::error("this run has no host channel"))
    }

    /// The fault daemon of a machine.
    pub fn faults(&self, machine: &str) -> FaultProbe {
        self.probes().faults(machine)
    }
}
