//! An agent, asked directly (contract §3.3).

use std::time::Duration;

use persys_contract::{AgentHealth, ContainerList, DockerRun, QueuedReply};
use reqwest::Method;

use super::{
    Answer, Conformance, Exchange, HttpRequest, ProbeError, SignedProbe, evidence::Evidence,
    http::HttpProbe, setup::ProbeSetup,
};

/// Asks an agent with signed requests; made by [`Probes::agent`](super::Probes::agent).
#[derive(Clone)]
pub struct AgentProbe {
    signed: SignedProbe,
    machine: String,
}

impl AgentProbe {
    pub(super) fn new(
        setup: &ProbeSetup,
        evidence: &Evidence,
        machine: &str,
    ) -> Result<Self, ProbeError> {
        let address = setup.socket(machine, setup.topology().ports.agent)?;
        let who = format!("the agent on {machine}");
        let (secrets, evidence) = (setup.secrets().clone(), evidence.clone());
        let http = HttpProbe::new(who, address, None, Conformance::agent(), secrets, evidence)?;
        let signed = SignedProbe::new(http.with_timeout(setup.timeout()), setup)?;
        Ok(Self { signed, machine: machine.to_owned() })
    }

    /// The machine's name, which is the node's id as well.
    pub fn machine(&self) -> &str {
        &self.machine
    }

    /// The same with another bound on each call.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { signed: self.signed.with_timeout(timeout), ..self }
    }

    /// Any request, signed or not, with full control over what is signed.
    pub fn signed(&self) -> &SignedProbe {
        &self.signed
    }

    /// `GET /docker/list`: every container that bears a `workloadId` label.
    pub async fn list(&self) -> Result<Answer<ContainerList>, ProbeError> {
        self.signed.send(HttpRequest::get("/docker/list")).await.map(Answer::from)
    }

    /// `GET /docker/logs/{id}`, by the container's id or name.
    pub async fn logs(&self, container: &str) -> Result<Exchange, ProbeError> {
        self.signed.send(HttpRequest::get(format!("/docker/logs/{container}"))).await
    }

    /// `POST /docker/run`: what a scheduler orders.
    pub async fn run(&self, order: &DockerRun) -> Result<Answer<QueuedReply>, ProbeError> {
        let request = HttpRequest::new(Method::POST, "/docker/run").json(order);
        self.signed.send(request).await.map(Answer::from)
    }

    /// `DELETE /docker/{id}`, by the container's id or name.
    pub async fn remove(&self, container: &str) -> Result<Exchange, ProbeError> {
        self.signed.send(HttpRequest::new(Method::DELETE, format!("/docker/{container}"))).await
    }

    /// `GET /api/v1/health`, which is open to everybody.
    pub async fn health(&self) -> Result<Answer<AgentHealth>, ProbeError> {
        self.signed.send_unsigned(HttpRequest::get("/api/v1/health")).await.map(Answer::from)
    }
}
