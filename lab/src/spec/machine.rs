//! A machine, and the lab of all machines.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

use persys_contract::topology::Topology;
use serde::{Deserialize, Serialize};

use super::{ComponentSpec, FileSpec};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LabSpec {
    pub name: String,
    /// This program, to be executed again in each machine.
    pub executable: PathBuf,
    pub topology: Topology,
    /// Paths of the host that stay as they are where a machine has its own folder above them.
    pub keep: Vec<PathBuf>,
    pub machines: Vec<MachineSpec>,
}

/// A disk in memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DiskSpec {
    /// Where it is mounted.
    pub path: PathBuf,
    pub bytes: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MachineSpec {
    pub name: String,
    pub address: Ipv4Addr,
    /// The network's prefix length.
    pub prefix: u8,
    /// Where it asks for names.
    pub resolver: Ipv4Addr,
    /// The text of `/etc/hosts`.
    pub hosts: String,
    pub keep: Vec<PathBuf>,
    /// Small disks of its own, so that one can be full and the rest of the machine is not.
    pub disks: Vec<DiskSpec>,
    /// Credentials, the topology.
    pub files: Vec<FileSpec>,
    /// Programs that can be called by name.
    pub commands: BTreeMap<String, PathBuf>,
    /// The environment of every component and of commands that are run in it.
    pub environment: BTreeMap<String, String>,
    /// Of commands alone: components are configured by variables of the same names.
    pub user_environment: BTreeMap<String, String>,
    pub components: Vec<ComponentSpec>,
}
