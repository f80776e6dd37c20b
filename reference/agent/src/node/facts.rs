//! What does not change about a node while the agent runs.

use std::collections::BTreeMap;

use anyhow::Context;
use nix::unistd::{Uid, User};
use persys_contract::{ContainerEngine, Node, NodeStatus, NodeUsage};

use super::Usage;
use crate::config::Config;

/// Where distributions say who they are.
const OS_RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// The fixed part of a node's registration.
#[derive(Clone, Debug)]
pub struct NodeFacts {
    node_id: String,
    ip_address: String,
    agent_port: u16,
    hostname: String,
    username: String,
    os_name: String,
    kernel_version: String,
    labels: BTreeMap<String, String>,
}

impl NodeFacts {
    pub fn gather(config: &Config) -> anyhow::Result<Self> {
        let hostname = kernel_value("hostname").context("read the hostname")?;
        Ok(Self {
            node_id: config.node_id(&hostname)?,
            ip_address: config.node_ip()?.to_string(),
            agent_port: config.agent_port.unwrap_or(config.listen.port()),
            username: username(),
            os_name: os_name(),
            kernel_version: kernel_value("osrelease").unwrap_or_default(),
            labels: config.node_labels.0.clone(),
            hostname,
        })
    }

    pub fn node_id(&self) -> &str {
        &self.node_id
    }

    /// The body of a registration. An engine that has not answered yet has no version.
    pub fn registration(&self, usage: &Usage, docker_version: &str) -> Node {
        let engine_status = if docker_version.is_empty() { "unavailable" } else { "running" };
        Node {
            node_id: self.node_id.clone(),
            ip_address: self.ip_address.clone(),
            agent_port: self.agent_port,
            hostname: self.hostname.clone(),
            username: self.username.clone(),
            os_name: self.os_name.clone(),
            kernel_version: self.kernel_version.clone(),
            status: Some(NodeStatus::Active),
            total_cpu: usage.total_cpu,
            total_memory: usage.total_memory,
            available_cpu: usage.available_cpu,
            available_memory: usage.available_memory,
            resources: NodeUsage {
                cpu_usage: usage.cpu_percent(),
                memory_usage: usage.memory_percent(),
                disk_usage: usage.disk_percent,
            },
            container_engine: ContainerEngine {
                kind: "docker".to_owned(),
                status: engine_status.to_owned(),
                version: docker_version.to_owned(),
            },
            labels: self.labels.clone(),
            last_heartbeat: None,
            domain_name: None,
        }
    }
}

fn kernel_value(name: &str) -> std::io::Result<String> {
    let text = std::fs::read_to_string(format!("/proc/sys/kernel/{name}"))?;
    Ok(text.trim().to_owned())
}

fn username() -> String {
    let uid = Uid::effective();
    match User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => uid.to_string(),
    }
}

fn os_name() -> String {
    let text = OS_RELEASE.iter().find_map(|path| std::fs::read_to_string(path).ok());
    text.and_then(|text| pretty_name(&text)).unwrap_or_else(|| "Linux".to_owned())
}

/// The value of `PRETTY_NAME` in an os-release file, whose values are quoted as in a shell.
fn pretty_name(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    shlex::split(value)?.into_iter().next()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn a_registration_has_what_the_contract_asks_for() {
        let arguments = [
            "persys-agent",
            "--central-url",
            "http://a",
            "--node-ip",
            "10.0.0.5",
            "--node-labels",
            "zone=a",
            "--listen",
            "0.0.0.0:8081",
        ];
        let facts = NodeFacts::gather(&Config::try_parse_from(arguments).unwrap()).unwrap();
        let usage = super::super::UsageMeter::default().measure().unwrap();
        let node = facts.registration(&usage, "20.10.24");
        assert!(!node.hostname.is_empty() && !node.kernel_version.is_empty());
        assert_eq!((node.ip_address.as_str(), node.agent_port), ("10.0.0.5", 8081));
        assert_eq!(node.labels["zone"], "a");
        assert_eq!(node.container_engine.version, "20.10.24");
        assert!(node.total_cpu >= 1.0 && node.total_memory > 0);
        assert_eq!(facts.registration(&usage, "").container_engine.status, "unavailable");
    }

    #[test]
    fn the_distribution_s_name_is_read_as_a_shell_would() {
        let text = "ID=x\nPRETTY_NAME=\"Some Linux 1 (one)\"\n";
        assert_eq!(pretty_name(text).as_deref(), Some("Some Linux 1 (one)"));
        assert_eq!(pretty_name("PRETTY_NAME=Plain\n").as_deref(), Some("Plain"));
        assert_eq!(pretty_name("ID=x\n"), None);
    }
}
