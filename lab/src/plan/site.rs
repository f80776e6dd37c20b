//! What the planner of a component knows: the topology, the machine, the programs.

use std::{net::SocketAddr, path::PathBuf};

use persys_contract::topology::{Machine, MachineRole, Topology};

use super::programs::Programs;

#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The lab's name.
    pub lab: &'a str,
    pub topology: &'a Topology,
    pub programs: &'a Programs,
    pub name: &'a str,
    pub machine: &'a Machine,
}

impl Site<'_> {
    pub fn address(&self, port: u16) -> SocketAddr {
        SocketAddr::from((self.machine.address, port))
    }

    /// A file in the machine's folder of credentials.
    pub fn credential(&self, file: &str) -> String {
        self.topology.credentials.join(file).to_string_lossy().into_owned()
    }

    pub fn tls_env(&self, prefix: &str, pair: &str) -> [(String, String); 3] {
        [
            (format!("{prefix}_CERT"), self.credential(&format!("{pair}.crt"))),
            (format!("{prefix}_KEY"), self.credential(&format!("{pair}.key"))),
            (format!("{prefix}_CA"), self.credential("ca.crt")),
        ]
    }

    /// Every etcd machine's URL.
    pub fn etcd_endpoints(&self) -> Vec<String> {
        let scheme = if self.topology.etcd.tls { "https" } else { "http" };
        self.topology
            .with_role(MachineRole::Etcd)
            .map(|(_, machine)| {
                format!("{scheme}://{}:{}", machine.address, self.topology.ports.etcd)
            })
            .collect()
    }

    pub fn data(&self, component: &str) -> PathBuf {
        crate::paths::data(component)
    }
}
