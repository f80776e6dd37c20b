//! The components under test, configured as contract §1 says.

use persys_contract::topology::{MachineRole, Topology};

use super::{github, site::Site};
use crate::spec::{ComponentSpec, Part, Readiness};

/// A program of unknown make may not give notice when it is ready.
pub(super) fn readiness(site: &Site, replaced: bool, port: u16) -> Readiness {
    if replaced { Readiness::NotifyOrTcp(site.address(port)) } else { Readiness::Notify }
}

pub fn gateway(site: &Site, replaced: bool) -> ComponentSpec {
    let ports = &site.topology.ports;
    let dns = site.topology.socket(MachineRole::Dns, ports.dns);
    // What is left when discovery fails.
    let fallback = site.topology.socket(MachineRole::Scheduler, ports.scheduler);
    let mut spec = ComponentSpec::new(
        "api-gateway",
        Part::Platform,
        site.programs.gateway.clone(),
        readiness(site, replaced, ports.gateway),
    )
    .with_env("LISTEN_TLS", site.address(ports.gateway).to_string())
    .with_env("LISTEN_PLAIN", site.address(ports.gateway_plain).to_string())
    .with_env("COREDNS_ADDR", dns.to_string())
    .with_env("PROW_SCHEDULER_ADDR", fallback.to_string());
    spec.environment.extend(site.tls_env("TLS", "api-gateway"));
    spec.environment.extend(github::gateway_environment(site));
    discovery(&mut spec, site.topology);
    spec
}

pub fn scheduler(site: &Site, replaced: bool) -> ComponentSpec {
    let ports = &site.topology.ports;
    let mut spec = ComponentSpec::new(
        "prow-scheduler",
        Part::Platform,
        site.programs.prow.clone(),
        readiness(site, replaced, ports.scheduler),
    )
    .with_env("LISTEN_TLS", site.address(ports.scheduler).to_string())
    .with_env("LISTEN_PLAIN", site.address(ports.scheduler_plain).to_string())
    .with_env("ETCD_ENDPOINTS", site.etcd_endpoints().join(","))
    .with_env("INSTANCE", site.name)
    .with_env("ADVERTISE_IP", site.machine.address.to_string())
    .with_env("AGENT_SECRET_FILE", site.credential("agent-secret"));
    spec.environment.extend(site.tls_env("TLS", "prow-scheduler"));
    if site.topology.etcd.tls {
        spec.environment.extend(site.tls_env("ETCD", "etcd-client"));
    }
    discovery(&mut spec, site.topology);
    spec
}

pub fn agent(site: &Site, replaced: bool) -> ComponentSpec {
    let ports = &site.topology.ports;
    let schedulers: Vec<_> = site
        .topology
        .with_role(MachineRole::Scheduler)
        .map(|(_, machine)| format!("http://{}:{}", machine.address, ports.scheduler_plain))
        .collect();
    let labels: Vec<_> =
        site.machine.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut spec = ComponentSpec::new(
        "persys-agent",
        Part::Platform,
        site.programs.agent.clone(),
        readiness(site, replaced, ports.agent),
    )
    .with_env("LISTEN", site.address(ports.agent).to_string())
    .with_env("CENTRAL_URL", schedulers.join(","))
    .with_env("AGENT_SECRET_FILE", site.credential("agent-secret"))
    .with_env("NODE_ID", site.name)
    .with_env("NODE_IP", site.machine.address.to_string())
    .with_env("AGENT_PORT", ports.agent.to_string())
    .with_env("NODE_LABELS", labels.join(","))
    .with_env("DOMAIN", &site.topology.domain)
    .with_env("DOCKER_HOST", "unix:///run/docker.sock")
    .with_env("STATE_DIR", site.data("persys-agent").to_string_lossy())
    // Repositories are cloned from what stands for GitHub.
    .with_env("GIT_CA", site.credential("ca.crt"));
    spec.environment.extend(site.topology.timings.environment());
    spec
}

fn discovery(spec: &mut ComponentSpec, topology: &Topology) {
    spec.environment.insert("DOMAIN".to_owned(), topology.domain.clone());
    spec.environment.insert("DISCOVERY_SERVICE".to_owned(), "_prow-scheduler".to_owned());
    spec.environment.extend(topology.timings.environment());
}
