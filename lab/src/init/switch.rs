//! The network: this process's own network namespace is the switch, each machine
//! has one of its own with a cable to it. Nothing leads out, and the host's
//! interfaces and rules are not touched.

use std::fmt::Write;

use anyhow::Result;

use crate::{machine::ip_batch, spec::MachineSpec};

const BRIDGE: &str = "switch";

/// Makes a named namespace for each machine, with `eth0` in it.
pub fn lay(machines: &[MachineSpec]) -> Result<()> {
    ip_batch(&script(machines))
}

pub fn namespace(machine: &str) -> String {
    format!("/run/netns/{machine}")
}

fn script(machines: &[MachineSpec]) -> String {
    let mut script = format!("link set lo up\nlink add {BRIDGE} type bridge\n");
    // No address, so that the switch itself is no way anywhere.
    let _ = writeln!(script, "link set {BRIDGE} up");
    for MachineSpec { name, .. } in machines {
        let _ = writeln!(script, "netns add {name}");
        let _ = writeln!(script, "link add to-{name} type veth peer name eth0 netns {name}");
        let _ = writeln!(script, "link set to-{name} master {BRIDGE} up");
    }
    script
}
