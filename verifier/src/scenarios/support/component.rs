//! One running program of the platform, as its log and its metrics are found.

use std::fmt;

use persys_contract::{component, topology::MachineRole};

use crate::{context::Context, evidence::StepError, probe::Scrape};

/// A component on its machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// As the machine's supervisor and the platform's own `service` call it.
    pub name: &'static str,
    pub machine: String,
    role: MachineRole,
}

impl Component {
    pub fn gateway(cx: &Context) -> Self {
        let role = MachineRole::Gateway;
        Self { name: component::GATEWAY, machine: cx.topology().one(role).0.to_owned(), role }
    }

    pub fn scheduler(machine: &str) -> Self {
        let role = MachineRole::Scheduler;
        Self { name: component::SCHEDULER, machine: machine.to_owned(), role }
    }

    pub fn agent(machine: &str) -> Self {
        Self { name: component::AGENT, machine: machine.to_owned(), role: MachineRole::Agent }
    }

    /// Every scheduler, by machine.
    pub fn schedulers(cx: &Context) -> Vec<Self> {
        let found = cx.topology().with_role(MachineRole::Scheduler);
        found.map(|(machine, _)| Self::scheduler(machine)).collect()
    }

    /// Every agent, by machine.
    pub fn agents(cx: &Context) -> Vec<Self> {
        let found = cx.topology().with_role(MachineRole::Agent);
        found.map(|(machine, _)| Self::agent(machine)).collect()
    }

    /// The platform's programs on all machines.
    pub fn all(cx: &Context) -> Vec<Self> {
        let mut all = vec![Self::gateway(cx)];
        all.extend(Self::schedulers(cx));
        all.extend(Self::agents(cx));
        all
    }

    /// Its figures now.
    pub async fn scrape(&self, cx: &Context) -> Result<Scrape, StepError> {
        let metrics = cx.metrics();
        Ok(match self.role {
            MachineRole::Gateway => metrics.gateway().await?,
            MachineRole::Scheduler => metrics.scheduler(&self.machine).await?,
            _ => metrics.agent(&self.machine).await?,
        })
    }
}

/// `prow-scheduler of prow1`
impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.name, self.machine)
    }
}
