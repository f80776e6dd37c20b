//! Puts the machines together.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use persys_contract::topology::{Machine, MachineRole, Topology};

use super::{
    coredns, docker, etcd, fault_daemon, github,
    options::{Dns, LabOptions},
    platform,
    programs::{Programs, search_path},
    site::Site,
};
use crate::{
    misuse::Misuse,
    paths,
    spec::{ComponentSpec, FileSpec, LabSpec, MachineSpec},
};

/// Passed on to every component when the user has set it.
const PASSED_ON: [&str; 2] = ["RUST_LOG", "RUST_BACKTRACE"];

pub fn read_topology(file: &Path) -> Result<Topology> {
    let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    Topology::parse(file, &text).context("use the topology")
}

/// `keep`: paths of the host that the command to run needs as they are.
pub fn plan(
    name: &str,
    topology: &Topology,
    options: &LabOptions,
    programs: &Programs,
    keep: &[PathBuf],
) -> Result<LabSpec> {
    let mut keep = keep.to_vec();
    keep.extend(programs.paths());
    let hosts = hosts(topology);
    let shown = serde_json::to_string_pretty(topology).context("write the topology")?;
    let resolver = topology.one(MachineRole::Dns).1.address;
    let mut machines = Vec::new();
    for (machine_name, machine) in &topology.machines {
        let site = Site { lab: name, topology, programs, name: machine_name, machine };
        machines.push(MachineSpec {
            name: machine_name.clone(),
            address: machine.address,
            prefix: topology.network().1,
            resolver,
            hosts: hosts.clone(),
            keep: keep.clone(),
            disks: machine.has(MachineRole::Agent).then(docker::disk).into_iter().collect(),
            files: vec![FileSpec::new(paths::TOPOLOGY, 0o644, shown.clone())],
            commands: commands(&site),
            environment: environment(),
            user_environment: user_environment(&site),
            components: components(&site, options)?,
        });
    }
    apply_overrides(&mut machines, options)?;
    Ok(LabSpec {
        name: name.to_owned(),
        executable: programs.lab.clone(),
        topology: topology.clone(),
        keep,
        machines,
    })
}

fn components(site: &Site, options: &LabOptions) -> Result<Vec<ComponentSpec>> {
    let missing = |what: &str| format!("find {what}: run persys-lab doctor");
    let programs = site.programs;
    let mut components = Vec::new();
    for role in &site.machine.roles {
        match role {
            MachineRole::Etcd => {
                let program = programs.etcd.clone().with_context(|| missing("etcd"))?;
                components.push(etcd::etcd(site, program));
            }
            MachineRole::Dns if options.dns == Dns::Embedded => {
                components.push(coredns::embedded(site, programs.lab.clone()));
            }
            MachineRole::Dns => {
                let program = programs.coredns.clone().with_context(|| missing("coredns"))?;
                components.push(coredns::coredns(site, program));
            }
            MachineRole::Agent => {
                let program = programs.dockerd.clone().with_context(|| missing("dockerd"))?;
                components.push(docker::docker(site, program, programs.busybox.clone()));
                if !options.bare {
                    components.push(platform::agent(site, options.agent.is_some()));
                }
            }
            MachineRole::Gateway if !options.bare => {
                components.push(platform::gateway(site, options.gateway.is_some()));
            }
            MachineRole::Scheduler if !options.bare => {
                components.push(platform::scheduler(site, options.prow.is_some()));
            }
            MachineRole::Github if !options.bare => {
                components.push(github::github(site, options.github.is_some()));
            }
            MachineRole::Gateway
            | MachineRole::Scheduler
            | MachineRole::Client
            | MachineRole::Github => {}
        }
    }
    if !options.bare {
        components.push(fault_daemon::faultd(site));
    }
    Ok(components)
}

fn commands(site: &Site) -> BTreeMap<String, PathBuf> {
    let programs = site.programs;
    let mut commands = BTreeMap::new();
    if site.machine.has(MachineRole::Client) {
        commands.insert("persys-cli".to_owned(), programs.cli.clone());
        commands.insert("persys-verifier".to_owned(), programs.verifier.clone());
    }
    commands
}

fn environment() -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    let path = search_path().to_string_lossy().into_owned();
    environment.insert("PATH".to_owned(), path);
    for name in PASSED_ON {
        if let Ok(value) = std::env::var(name) {
            environment.insert(name.to_owned(), value);
        }
    }
    environment
}

/// `persys-cli` on a client machine needs no flags.
fn user_environment(site: &Site) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    if site.machine.has(MachineRole::Client) {
        let gateway = site.topology.socket(MachineRole::Gateway, site.topology.ports.gateway);
        environment.insert("PERSYS_GATEWAY".to_owned(), format!("https://{gateway}"));
        environment.extend(site.tls_env("TLS", "client"));
    }
    environment
}

fn hosts(topology: &Topology) -> String {
    let line = |(name, machine): (&String, &Machine)| {
        format!("{} {name}.{} {name}\n", machine.address, topology.domain)
    };
    let machines: String = topology.machines.iter().map(line).collect();
    format!("127.0.0.1 localhost\n::1 localhost ip6-localhost\n{machines}")
}

fn apply_overrides(machines: &mut [MachineSpec], options: &LabOptions) -> Result<()> {
    for target in &options.without {
        let mut hits = 0;
        for machine in &mut *machines {
            let own = machine.components.iter_mut();
            for component in own.filter(|component| target.is(&machine.name, &component.name)) {
                component.autostart = false;
                hits += 1;
            }
        }
        if hits == 0 {
            bail!(unknown("--without", target, machines));
        }
    }
    for change in &options.env {
        let mut hits = 0;
        for machine in &mut *machines {
            for component in &mut machine.components {
                if change.target.is(&machine.name, &component.name) {
                    match change.value.as_str() {
                        "" => drop(component.environment.remove(&change.name)),
                        value => {
                            component.environment.insert(change.name.clone(), value.to_owned());
                        }
                    }
                    hits += 1;
                }
            }
        }
        if hits == 0 {
            bail!(unknown("--env", &change.target, machines));
        }
    }
    Ok(())
}

fn unknown(option: &str, target: &impl std::fmt::Display, machines: &[MachineSpec]) -> Misuse {
    let on = |machine: &MachineSpec| {
        let own = machine.components.iter();
        own.map(|component| format!("{}/{}", machine.name, component.name)).collect::<Vec<_>>()
    };
    let known = machines.iter().flat_map(on).collect::<Vec<_>>().join(", ");
    Misuse(format!("{option} {target}: no machine has it; there are {known}"))
}
