//! What makes a topology unusable, said so that it can be mended.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use super::{MachineRole, TestImage, Topology};

/// Why a topology file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TopologyError {
    /// `problem` has the line; a file that is no JSON has no field.
    #[error("{}: {}{problem}; write what topology.json of the same release has there", file.display(), prefix(field))]
    Syntax { file: PathBuf, field: String, problem: String },
    #[error("{}: {field}: {problem}; {mend}", file.display())]
    Field { file: PathBuf, field: String, problem: String, mend: String },
}

/// `timings.requestTimeout: `, or nothing where it is about the whole file.
fn prefix(field: &str) -> String {
    if field == "." { String::new() } else { format!("{field}: ") }
}

/// Interface names have 15 characters, of which the lab uses three.
const MACHINE_NAME_MAX: usize = 12;

pub(super) fn validate(file: &Path, topology: &Topology) -> Result<(), TopologyError> {
    let refuse = |field: &str, problem: String, mend: &str| {
        Err(TopologyError::Field {
            file: file.to_owned(),
            field: field.to_owned(),
            problem,
            mend: mend.to_owned(),
        })
    };
    if topology.schema != Topology::SCHEMA {
        return refuse(
            "schema",
            format!("is {}, this program reads {}", topology.schema, Topology::SCHEMA),
            "use the topology.json of the same release",
        );
    }
    if topology.token.len() < 8 {
        return refuse(
            "token",
            "is shorter than 8 characters".into(),
            "choose any longer text; it marks the network as one made for tests",
        );
    }
    if !topology.token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse(
            "token",
            "has other characters than letters, digits and marks of ASCII".into(),
            "choose a text without blanks; it travels in a header",
        );
    }
    if topology.domain.split('.').any(|label| !is_label(label)) {
        return refuse(
            "domain",
            format!("\"{}\" is not a DNS name", topology.domain),
            "use lower-case labels joined by dots, such as persys.local",
        );
    }
    if !topology.credentials.is_absolute() {
        return refuse(
            "credentials",
            format!("\"{}\" is not absolute", topology.credentials.display()),
            "give the folder from the root, such as /run/persys/credentials",
        );
    }
    let Some((network, prefix)) = read_subnet(&topology.subnet) else {
        return refuse(
            "subnet",
            format!("\"{}\" is not a network", topology.subnet),
            "write it as 10.77.0.0/24, with a prefix length from 8 to 29",
        );
    };
    let mut seen: BTreeMap<Ipv4Addr, &str> = BTreeMap::new();
    for (name, machine) in &topology.machines {
        let field = format!("machines.{name}");
        if !is_label(name) || name.len() > MACHINE_NAME_MAX {
            return refuse(
                &field,
                "is not a machine name".into(),
                "use 1 to 12 lower-case letters, digits and hyphens, a letter or digit first",
            );
        }
        if machine.roles.is_empty() {
            return refuse(
                &format!("{field}.roles"),
                "is empty".into(),
                "give the machine at least one role, or take it out",
            );
        }
        if !contains(network, prefix, machine.address) {
            return refuse(
                &format!("{field}.address"),
                format!("{} is not a host of {}", machine.address, topology.subnet),
                "choose an address inside the subnet",
            );
        }
        if let Some(other) = seen.insert(machine.address, name) {
            return refuse(
                &format!("{field}.address"),
                format!("{} is {other}'s already", machine.address),
                "give each machine an address of its own",
            );
        }
    }
    for role in MachineRole::NEEDED {
        if topology.with_role(role).next().is_none() {
            return refuse(
                "machines",
                format!("no machine has the role {}", format!("{role:?}").to_lowercase()),
                "add a machine with it, or add the role to a machine",
            );
        }
    }
    for (name, port) in topology.ports.named() {
        if port == 0 {
            return refuse(
                &format!("ports.{name}"),
                "is 0".into(),
                "choose a port from 1 to 65535",
            );
        }
    }
    for (name, seconds) in topology.timings.named() {
        if !(seconds.is_finite() && (0.05..=86_400.0).contains(&seconds)) {
            return refuse(
                &format!("timings.{name}"),
                format!("{seconds} s cannot be used"),
                "give seconds from 0.05 to 86400",
            );
        }
    }
    if topology.timings.node_timeout <= topology.timings.heartbeat_interval {
        return refuse(
            "timings.nodeTimeout",
            "is not longer than heartbeatInterval, so every node would be lost at once".into(),
            "make it at least twice the heartbeat interval",
        );
    }
    for image in TestImage::ALL {
        if topology.images.get(&image).is_none_or(|reference| reference.trim().is_empty()) {
            return refuse(
                &format!("images.{}", image.as_str()),
                "is missing".into(),
                "name an image reference for it",
            );
        }
    }
    Ok(())
}

/// Reads `10.77.0.0/24`.
pub(super) fn read_subnet(text: &str) -> Option<(Ipv4Addr, u8)> {
    let (address, prefix) = text.split_once('/')?;
    let (address, prefix): (Ipv4Addr, u8) = (address.parse().ok()?, prefix.parse().ok()?);
    let whole = (8..=29).contains(&prefix) && u32::from(address) & host_mask(prefix) == 0;
    whole.then_some((address, prefix))
}

fn host_mask(prefix: u8) -> u32 {
    u32::MAX >> prefix
}

/// Whether an address is a host of the network: neither its first nor its last address.
fn contains(network: Ipv4Addr, prefix: u8, address: Ipv4Addr) -> bool {
    let mask = host_mask(prefix);
    let host = u32::from(address) & mask;
    u32::from(address) & !mask == u32::from(network) && host != 0 && host != mask
}

fn is_label(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= 63
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|b| plain(b) || b == b'-')
        && !text.ends_with('-')
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
