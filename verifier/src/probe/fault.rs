//! The fault daemon of a machine: faults, acts, figures and logs.

use std::{
    net::SocketAddrV4,
    sync::Arc,
    time::{Duration, Instant},
};

use persys_faultd::{
    client::{FaultClient, FaultError, LeaseGuard},
    protocol::{
        Action, ActionResult, Capabilities, ComponentReport, Direction, Fault, Lease, LogChunk,
    },
};
use serde_json::{Value, json};

use super::{Cause, ProbeError, Question, evidence::Evidence, setup::ProbeSetup};
use crate::{events::FaultChange, evidence::StepError};

/// How long a fault outlives a verifier that dies. While it lives the lease is renewed.
const TTL: Duration = Duration::from_secs(15);

/// Orders faults of one machine; made by [`Probes::faults`](super::Probes::faults).
#[derive(Clone)]
pub struct FaultProbe {
    client: FaultClient,
    machine: Arc<str>,
    address: SocketAddrV4,
    evidence: Evidence,
}

/// A fault in effect. [`ActiveFault::heal`] ends it; if it is dropped instead, its
/// lease is released in the background, and if the verifier dies, it runs out.
#[must_use = "the fault is healed when this is dropped"]
pub struct ActiveFault {
    guard: Option<LeaseGuard>,
    since: Instant,
    evidence: Evidence,
    question: Question,
}

impl FaultProbe {
    pub(super) fn new(
        setup: &ProbeSetup,
        evidence: &Evidence,
        machine: &str,
    ) -> Result<Self, ProbeError> {
        let credentials = setup.credentials("chaos")?;
        let client = FaultClient::of_machine(setup.topology(), machine, &credentials)
            .map_err(|error| ProbeError::setup(error.to_string()))?;
        let address = setup.socket(machine, setup.topology().ports.faultd)?;
        Ok(Self { client, machine: machine.into(), address, evidence: evidence.clone() })
    }

    pub fn machine(&self) -> &str {
        &self.machine
    }

    /// The client itself, for what is not offered here. It records nothing.
    pub fn client(&self) -> &FaultClient {
        &self.client
    }

    /// What the machine can do.
    pub async fn capabilities(&self) -> Result<Capabilities, ProbeError> {
        let answer = self.client.capabilities().await;
        let capabilities = answer.map_err(|error| self.failed("its capabilities", &error))?;
        let data = serde_json::to_value(&capabilities).unwrap_or_default();
        self.saw("its capabilities".to_owned(), data, Value::Null);
        Ok(capabilities)
    }

    /// The machine's components, each with its figures while it has processes.
    pub async fn components(&self) -> Result<Vec<ComponentReport>, ProbeError> {
        let answer = self.client.components().await;
        let reports = answer.map_err(|error| self.failed("its components", &error))?;
        for report in &reports {
            self.saw_component(report);
        }
        Ok(reports)
    }

    /// The faults that are, or may be, in effect on the machine, whoever ordered them.
    pub async fn leases(&self) -> Result<Vec<Lease>, ProbeError> {
        let answer = self.client.leases().await;
        let active = answer.map_err(|error| self.failed("its leases", &error))?.active;
        let faults: Vec<_> = active.iter().map(|lease| lease.fault.to_string()).collect();
        let summary = format!("{} faults in effect", faults.len());
        self.saw(summary, json!({ "faults": faults }), Value::Null);
        Ok(active)
    }

    /// One component: its state, and memory, descriptors and processor time while
    /// it has processes.
    pub async fn component(&self, name: &str) -> Result<ComponentReport, ProbeError> {
        let answer = self.client.component(name).await;
        let report =
            answer.map_err(|error| self.failed(&format!("the component {name}"), &error))?;
        self.saw_component(&report);
        Ok(report)
    }

    /// Puts a fault in place; it is in effect when this returns. What the machine
    /// cannot do skips the step with the reason.
    pub async fn inject(&self, fault: Fault) -> Result<ActiveFault, StepError> {
        self.inject_for(fault, TTL).await
    }

    /// The same with another lease: if the verifier dies, the fault lasts this long.
    pub async fn inject_for(&self, fault: Fault, ttl: Duration) -> Result<ActiveFault, StepError> {
        let kind = fault.kind();
        match self.client.inject(fault, ttl).await {
            Ok(guard) => {
                let question = self.question(&format!("the healing of {kind}"));
                let evidence = self.evidence.clone();
                tell(&evidence, &self.machine, guard.lease(), "injected", None);
                Ok(ActiveFault { guard: Some(guard), since: Instant::now(), evidence, question })
            }
            Err(FaultError::Unsupported { missing, error, .. }) => {
                let lacks = missing.map_or(error, |missing| missing.to_string());
                let machine = &self.machine;
                let reason = format!("needs {lacks}, which the kernel of {machine} lacks");
                Err(StepError::skipped(reason))
            }
            Err(error) => Err(self.failed(&format!("the fault {kind}"), &error).into()),
        }
    }

    /// Ends a component in an orderly way until the fault is healed.
    pub async fn stop(&self, component: &str) -> Result<ActiveFault, StepError> {
        self.inject(Fault::Stop { component: component.to_owned() }).await
    }

    /// SIGKILL to a component; it stays away until the fault is healed.
    pub async fn kill(&self, component: &str) -> Result<ActiveFault, StepError> {
        self.inject(Fault::Kill { component: component.to_owned() }).await
    }

    /// SIGSTOP to a component until the fault is healed.
    pub async fn pause(&self, component: &str) -> Result<ActiveFault, StepError> {
        self.inject(Fault::Pause { component: component.to_owned() }).await
    }

    /// Cuts the link to other machines, by name, until the fault is healed.
    pub async fn cut(
        &self,
        topology: &persys_contract::topology::Topology,
        machines: &[&str],
        direction: Direction,
    ) -> Result<ActiveFault, StepError> {
        let address = |name: &&str| {
            let machine = topology.machines.get(*name).ok_or_else(|| {
                StepError::error(format!("the topology has no machine {name} to be cut off"))
            })?;
            Ok(machine.address.into())
        };
        let peers = machines.iter().map(address).collect::<Result<Vec<_>, StepError>>()?;
        self.inject(Fault::Cut { peers, direction }).await
    }

    /// Does something once; nothing heals it.
    pub async fn act(&self, action: Action) -> Result<ActionResult, ProbeError> {
        let shown = serde_json::to_value(&action).unwrap_or_default();
        let what = shown.as_object().map_or_else(String::new, |fields| {
            fields.values().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        });
        let answer = self.client.act(action).await;
        let result = answer.map_err(|error| self.failed(&format!("the act {what}"), &error))?;
        self.evidence.recorder().fault(FaultChange {
            machine: self.machine.to_string(),
            change: "action".to_owned(),
            fault: shown.clone(),
            detail: serde_json::to_string(&result).ok(),
            ..FaultChange::default()
        });
        self.saw(format!("did {what}"), json!({ "action": shown, "result": result }), Value::Null);
        Ok(result)
    }

    /// Starts a component again.
    pub async fn start(&self, component: &str) -> Result<ActionResult, ProbeError> {
        self.act(Action::Start { component: component.to_owned() }).await
    }

    /// Restarts a component in an orderly way.
    pub async fn restart(&self, component: &str) -> Result<ActionResult, ProbeError> {
        self.act(Action::Restart { component: component.to_owned() }).await
    }

    /// Stops a container behind the agent's back, by id or name.
    pub async fn stop_container(&self, container: &str) -> Result<ActionResult, ProbeError> {
        self.act(Action::ContainerStop { container: container.to_owned() }).await
    }

    /// SIGKILL to a container behind the agent's back.
    pub async fn kill_container(&self, container: &str) -> Result<ActionResult, ProbeError> {
        self.act(Action::ContainerKill { container: container.to_owned() }).await
    }

    /// Removes a container behind the agent's back, running or not.
    pub async fn remove_container(&self, container: &str) -> Result<ActionResult, ProbeError> {
        self.act(Action::ContainerRemove { container: container.to_owned() }).await
    }

    /// Pauses a container behind the agent's back.
    pub async fn pause_container(&self, container: &str) -> Result<ActionResult, ProbeError> {
        self.act(Action::ContainerPause { container: container.to_owned() }).await
    }

    /// Where a component's log ends now, in bytes: what is logged later is read
    /// from there with [`FaultProbe::logs_since`].
    pub async fn log_end(&self, component: &str) -> Result<u64, ProbeError> {
        let answer = self.client.logs(component, 0, 0).await;
        let chunk =
            answer.map_err(|error| self.failed(&format!("the log of {component}"), &error))?;
        Ok(chunk.size)
    }

    /// The lines that a component logged since a byte offset and that are `wanted`;
    /// the others are not recorded.
    pub async fn log_lines(
        &self,
        component: &str,
        offset: u64,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, ProbeError> {
        let text = self.read_log(component, offset).await?;
        // The last line may not be whole yet.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines: Vec<String> =
            whole.lines().filter(|line| wanted(line)).map(str::to_owned).collect();
        let summary = format!("log of {component}: {} lines of those looked for", lines.len());
        self.saw(summary, json!({ "component": component, "lines": lines }), Value::Null);
        Ok(lines)
    }

    /// What a component logged since a byte offset, whole.
    pub async fn logs_since(&self, component: &str, offset: u64) -> Result<String, ProbeError> {
        let text = self.read_log(component, offset).await?;
        let summary = format!("log of {component} since byte {offset}");
        self.saw(summary, json!({ "component": component, "text": text }), Value::Null);
        Ok(text)
    }

    async fn read_log(&self, component: &str, offset: u64) -> Result<String, ProbeError> {
        let (mut text, mut next) = (String::new(), offset);
        loop {
            let answer = self.client.logs(component, next, LogChunk::MAX_BYTES).await;
            let failed = |error| self.failed(&format!("the log of {component}"), &error);
            let chunk = answer.map_err(failed)?;
            text.push_str(&chunk.text);
            let stuck = chunk.next <= next;
            next = chunk.next;
            if stuck || !chunk.has_more() {
                break;
            }
        }
        Ok(text)
    }

    fn saw_component(&self, report: &ComponentReport) {
        let component = &report.component;
        let summary = format!("{} is {}", component.name, component.state.as_str());
        let data = serde_json::to_value(component).unwrap_or_default();
        self.saw(summary, data, json!({ "figures": report.figures }));
    }

    fn saw(&self, summary: String, mut data: Value, passing: Value) {
        if let Some(fields) = data.as_object_mut() {
            fields.insert("machine".to_owned(), (*self.machine).into());
        }
        self.evidence.saw("fault", format!("{}: {summary}", self.machine), data, passing);
    }

    fn question(&self, what: &str) -> Question {
        Question::new(format!("the fault daemon of {}", self.machine), self.address, what)
    }

    fn failed(&self, what: &str, error: &FaultError) -> ProbeError {
        self.evidence.unanswered("fault", self.question(what), cause(error))
    }
}

impl ActiveFault {
    pub fn fault(&self) -> Option<&Fault> {
        self.guard.as_ref().map(LeaseGuard::fault)
    }

    /// Since when it is in effect.
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Ends the fault, and tells whether it was there all the time and is gone.
    pub async fn heal(mut self) -> Result<Lease, ProbeError> {
        let Some(guard) = self.guard.take() else {
            return Err(ProbeError::setup("heal a fault that was healed before"));
        };
        let (machine, lease) = (guard.machine().to_owned(), guard.lease().clone());
        match guard.heal().await {
            Ok(lease) => {
                let detail = format!("after {:.1} s", self.since.elapsed().as_secs_f64());
                tell(&self.evidence, &machine, &lease, "healed", Some(detail));
                Ok(lease)
            }
            Err(error) => {
                let change = match &error {
                    FaultError::EndedEarly { .. } => "expired",
                    _ => "heal-failed",
                };
                tell(&self.evidence, &machine, &lease, change, Some(error.to_string()));
                Err(self.evidence.unanswered("fault", self.question.clone(), cause(&error)))
            }
        }
    }
}

impl Drop for ActiveFault {
    fn drop(&mut self) {
        if let Some(guard) = &self.guard {
            let detail = Some("released in the background".to_owned());
            tell(&self.evidence, guard.machine(), guard.lease(), "released", detail);
        }
    }
}

fn tell(evidence: &Evidence, machine: &str, lease: &Lease, change: &str, detail: Option<String>) {
    evidence.recorder().fault(FaultChange {
        machine: machine.to_owned(),
        lease: lease.id.to_string(),
        change: change.to_owned(),
        fault: serde_json::to_value(&lease.fault).unwrap_or_default(),
        detail,
    });
}

fn cause(error: &FaultError) -> Cause {
    match error {
        FaultError::Unreachable { detail, .. } => Cause::Unreachable(detail.clone()),
        FaultError::Refused { error, code, .. } => Cause::Protocol(format!("{error} ({code})")),
        other => Cause::Protocol(other.to_string()),
    }
}
