//! Whether the parts of the platform, and what it stands on, answer at all.

use std::{fmt, time::Duration};

use futures::future::{BoxFuture, join_all};
use persys_contract::component;

use super::{Answer, Exchange, ProbeError, Probes};
use crate::evidence::Progress;

/// No part may hold up the question about the others for longer than this.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Each question gives up before that, so that it can tell why.
const QUESTION: Duration = Duration::from_secs(4);

/// Something that has to answer before anything can be tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Mutual TLS handshake and health on 8551, health on the plain listener.
    Gateway,
    /// Mutual TLS handshake as `operator` on 8085, health on 8084.
    Scheduler,
    /// Open health, with Docker among what it says.
    Agent,
    Etcd,
    /// Any answer about the zone but a server's failure, over UDP and TCP.
    Dns,
    Docker,
    /// Not a part of the platform, and nothing can be tested without it.
    FaultDaemon,
}

/// How a part of one machine was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    pub part: Part,
    pub machine: String,
    /// Why it is not ready.
    pub problem: Option<String>,
}

impl Readiness {
    pub fn is_ready(&self) -> bool {
        self.problem.is_none()
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Gateway => component::GATEWAY,
            Part::Scheduler => component::SCHEDULER,
            Part::Agent => component::AGENT,
            Part::Etcd => component::ETCD,
            Part::Dns => "CoreDNS",
            Part::Docker => "Docker Engine",
            Part::FaultDaemon => "persys-faultd",
        };
        match &self.problem {
            None => write!(f, "{part} on {} is ready", self.machine),
            Some(problem) => write!(f, "{part} on {}: {problem}", self.machine),
        }
    }
}

type Check<'a> = (Part, String, BoxFuture<'a, Result<(), String>>);

impl Probes {
    /// Asks every part of every machine at once.
    pub async fn readiness(&self) -> Vec<Readiness> {
        let checks = self.checks().into_iter().map(|(part, machine, check)| async move {
            let problem = match tokio::time::timeout(TIMEOUT, check).await {
                Ok(Ok(())) => None,
                Ok(Err(problem)) => Some(problem),
                Err(_) => Some(format!("no answer within {} s", TIMEOUT.as_secs())),
            };
            Readiness { part, machine, problem }
        });
        join_all(checks).await
    }

    /// The same for a wait: ready when everything answers, with the number of parts
    /// that do; else with what does not, and why.
    pub async fn all_ready(&self) -> Progress<usize> {
        let all = self.readiness().await;
        let missing: Vec<_> =
            all.iter().filter(|part| !part.is_ready()).map(ToString::to_string).collect();
        if missing.is_empty() {
            Progress::Ready(all.len())
        } else {
            Progress::NotYet(missing.join("; "))
        }
    }

    fn checks(&self) -> Vec<Check<'_>> {
        use persys_contract::topology::MachineRole;
        let name = |role| self.topology().one(role).0.to_owned();
        let mut checks: Vec<Check<'_>> = vec![
            (Part::Gateway, name(MachineRole::Gateway), Box::pin(self.gateway_ready())),
            (Part::Etcd, name(MachineRole::Etcd), Box::pin(self.etcd_ready())),
            (Part::Dns, name(MachineRole::Dns), Box::pin(self.dns_ready())),
        ];
        for machine in self.schedulers().keys() {
            checks.push((
                Part::Scheduler,
                machine.clone(),
                Box::pin(self.scheduler_ready(machine)),
            ));
        }
        for machine in self.agents().keys() {
            checks.push((Part::Agent, machine.clone(), Box::pin(self.agent_ready(machine))));
            checks.push((Part::Docker, machine.clone(), Box::pin(self.docker_ready(machine))));
        }
        for machine in self.all_faults().keys() {
            checks.push((Part::FaultDaemon, machine.clone(), Box::pin(self.faults_ready(machine))));
        }
        checks
    }

    async fn gateway_ready(&self) -> Result<(), String> {
        let gateway = self.gateway().with_timeout(QUESTION);
        good(gateway.health().await.map(|answer| answer.exchange))?;
        good(gateway.plain().health().await)
    }

    async fn scheduler_ready(&self, machine: &str) -> Result<(), String> {
        let scheduler = self.scheduler(machine).with_timeout(QUESTION);
        good(scheduler.nodes().await.map(|answer| answer.exchange))?;
        // The public 2025 builds have no health on the scheduler (contract §9).
        let path = if self.is_public_build() { "/metrics" } else { "/health" };
        good(scheduler.plain().get(path).await)
    }

    async fn agent_ready(&self, machine: &str) -> Result<(), String> {
        let agent = self.agent(machine).with_timeout(QUESTION);
        good(agent.health().await.map(|Answer { exchange, .. }| exchange))
    }

    async fn etcd_ready(&self) -> Result<(), String> {
        let status =
            self.etcd().with_timeout(QUESTION).status().await.map_err(|error| failed(&error))?;
        if status.has_leader { Ok(()) } else { Err("it has no leader".to_owned()) }
    }

    async fn dns_ready(&self) -> Result<(), String> {
        let name = persys_contract::Discovery::new(&self.topology().domain).service_name();
        let dns = self.dns().with_timeout(QUESTION);
        for dns in [dns.clone(), dns.over_tcp()] {
            let answer = dns.srv(&name).await.map_err(|error| failed(&error))?;
            if !["NoError", "NXDomain"].contains(&answer.code.as_str()) {
                return Err(format!("it answered {name} with {}", answer.code));
            }
        }
        Ok(())
    }

    async fn docker_ready(&self, machine: &str) -> Result<(), String> {
        self.docker(machine)
            .with_timeout(QUESTION)
            .version()
            .await
            .map(drop)
            .map_err(|error| failed(&error))
    }

    async fn faults_ready(&self, machine: &str) -> Result<(), String> {
        self.faults(machine).capabilities().await.map(drop).map_err(|error| failed(&error))
    }
}

fn good(answer: Result<Exchange, ProbeError>) -> Result<(), String> {
    match answer {
        Ok(exchange) if exchange.is_success() => Ok(()),
        Ok(exchange) => Err(exchange.to_string()),
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &ProbeError) -> String {
    format!("failed to {error}")
}
