//! From a run order to what Docker is asked to create (contract §3.3).

use persys_reference_base::defect;
use std::collections::{BTreeMap, HashMap};

use bollard::models::{
    ContainerCreateBody, HostConfig, PortBinding, RestartPolicy as DockerPolicy,
    RestartPolicyNameEnum,
};
use persys_contract::{DockerRun, PortMapping, RestartPolicy, WORKLOAD_LABEL};

use super::containers::is_reference;
use super::{DISPLAY_NAME_LABEL, NODE_LABEL};

/// The host address on which published ports listen.
const ANY_ADDRESS: &str = "0.0.0.0";

/// A field of a run order that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidRun {
    pub field: &'static str,
    pub reason: &'static str,
}

/// A run order that was found usable.
#[derive(Clone, Debug)]
pub struct ContainerSpec {
    pub workload_id: String,
    pub image: String,
    pub labels: BTreeMap<String, String>,
    words: Option<Vec<String>>,
    env: Vec<String>,
    ports: Vec<PortMapping>,
    volumes: Vec<String>,
    network: Option<String>,
    restart_policy: RestartPolicy,
}

impl ContainerSpec {
    /// Checks an order, and splits its command, before anything is done.
    pub fn from_order(order: DockerRun, node_id: &str) -> Result<Self, InvalidRun> {
        let wrong = |field, reason| Err(InvalidRun { field, reason });
        if !is_reference(&order.workload_id) {
            return wrong("workloadId", "must be 2 to 128 letters, digits, \"_\", \".\" or \"-\"");
        }
        if !order.name.is_empty() && order.name != order.workload_id {
            return wrong("name", "must equal workloadId");
        }
        if order.image.is_empty() || order.image.chars().any(char::is_whitespace) {
            return wrong("image", "must be a reference without blanks");
        }
        let Ok(words) = order.command.as_deref().map(split).transpose() else {
            return wrong("command", "must have its quotes closed and no NUL");
        };
        let Some(ports) = order.ports.iter().map(|p| PortMapping::parse(p)).collect() else {
            return wrong("ports", "must look like \"8080:80\", each number from 1 to 65535");
        };
        if !order.volumes.iter().all(|volume| volume.split(':').count() >= 2) {
            return wrong("volumes", "must look like \"/on/the/node:/in/the/container\"");
        }
        if order.env.keys().any(|name| name.is_empty() || name.contains('=')) {
            return wrong("env", "must have names without \"=\"");
        }
        let labels = BTreeMap::from([
            (WORKLOAD_LABEL.to_owned(), order.workload_id.clone()),
            (DISPLAY_NAME_LABEL.to_owned(), order.display_name),
            (
                NODE_LABEL.to_owned(),
                defect!("containers-not-labelled-by-node", String::new(), node_id.to_owned()),
            ),
        ]);
        Ok(Self {
            workload_id: order.workload_id,
            image: with_tag(order.image),
            labels,
            words: words.filter(|words| !words.is_empty()),
            env: order.env.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
            ports,
            volumes: order.volumes,
            network: order.network.filter(|network| !network.is_empty()),
            // Without a policy the platform's reconciler alone decides what is restarted.
            restart_policy: order.restart_policy.unwrap_or(RestartPolicy::No),
        })
    }

    /// A second container of the same workload.
    #[cfg(feature = "defects")]
    pub fn under_another_name(&self) -> Self {
        Self {
            workload_id: format!("{}-again", self.workload_id),
            ports: Vec::new(),
            ..self.clone()
        }
    }

    /// The body of Docker's create call.
    pub fn create_body(&self) -> ContainerCreateBody {
        let mut bindings: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
        for port in &self.ports {
            let protocol = if port.container.udp { "udp" } else { "tcp" };
            let key = format!("{}/{protocol}", port.container.number);
            let binding = PortBinding {
                host_ip: Some(defect!("ports-on-loopback", "127.0.0.1", ANY_ADDRESS).to_owned()),
                host_port: Some(port.host.to_string()),
            };
            bindings.entry(key).or_default().get_or_insert_default().push(binding);
        }
        let exposed: Vec<String> = bindings.keys().cloned().collect();
        ContainerCreateBody {
            image: Some(self.image.clone()),
            cmd: self.words.clone(),
            env: Some(self.env.clone()),
            labels: Some(self.labels.clone().into_iter().collect()),
            exposed_ports: (!exposed.is_empty()).then_some(exposed),
            host_config: Some(HostConfig {
                binds: (!self.volumes.is_empty()).then(|| self.volumes.clone()),
                network_mode: self.network.clone(),
                port_bindings: (!bindings.is_empty()).then_some(bindings),
                restart_policy: Some(DockerPolicy {
                    name: Some(policy_name(self.restart_policy)),
                    maximum_retry_count: None,
                }),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        }
    }
}

fn policy_name(policy: RestartPolicy) -> RestartPolicyNameEnum {
    match policy {
        RestartPolicy::No => RestartPolicyNameEnum::NO,
        RestartPolicy::Always => RestartPolicyNameEnum::ALWAYS,
        RestartPolicy::OnFailure => RestartPolicyNameEnum::ON_FAILURE,
        RestartPolicy::UnlessStopped => RestartPolicyNameEnum::UNLESS_STOPPED,
    }
}

/// Splits a command into words as a POSIX shell would; nothing is expanded or run.
fn split(command: &str) -> Result<Vec<String>, ()> {
    defect!("command-run-by-shell" => return Ok(["sh", "-c", command].map(str::to_owned).into()));
    if command.contains('\0') {
        return Err(());
    }
    shlex::split(command).ok_or(())
}

/// A reference without tag or digest means `latest`; a pull of a bare name would fetch every tag.
pub fn with_tag(image: String) -> String {
    let last = image.rsplit('/').next().unwrap_or(&image);
    if last.contains(':') || image.contains('@') { image } else { format!("{image}:latest") }
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
