//! What the user may choose about a lab.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use super::overrides::{EnvOverride, Target};

#[derive(Clone, Debug, Args)]
pub struct LabOptions {
    /// The machines, their addresses and roles
    #[arg(long, value_name = "FILE", default_value = "topology.json")]
    pub topology: PathBuf,
    /// The lab's name [default: lab, or the first of lab-2, lab-3, … that is free]
    #[arg(long)]
    pub name: Option<String>,
    /// Where the project's programs are [default: beside persys-lab]
    #[arg(long, value_name = "DIR", env = "PERSYS_LAB_BIN_DIR")]
    pub bin_dir: Option<PathBuf>,
    /// The api-gateway to test instead of the reference's
    #[arg(long, value_name = "PROGRAM")]
    pub gateway: Option<PathBuf>,
    /// The prow-scheduler to test instead of the reference's
    #[arg(long, value_name = "PROGRAM")]
    pub prow: Option<PathBuf>,
    /// The persys-agent to test instead of the reference's
    #[arg(long, value_name = "PROGRAM")]
    pub agent: Option<PathBuf>,
    /// The persys-cli to test instead of the reference's
    #[arg(long, value_name = "PROGRAM")]
    pub cli: Option<PathBuf>,
    /// What stands for GitHub instead of the project's own
    #[arg(long, value_name = "PROGRAM")]
    pub github: Option<PathBuf>,
    /// CoreDNS [default: .tools/bin/coredns of the checkout, or the one in PATH]
    #[arg(long, value_name = "PROGRAM")]
    pub coredns: Option<PathBuf>,
    /// etcd [default: the one in PATH]
    #[arg(long, value_name = "PROGRAM")]
    pub etcd: Option<PathBuf>,
    /// Who answers DNS
    #[arg(long, value_enum, default_value_t = Dns::Coredns)]
    pub dns: Dns,
    /// Only what the platform stands on: etcd, DNS, Docker
    #[arg(long)]
    pub bare: bool,
    /// Do not start a component, on all machines or on one; may be repeated
    #[arg(long, value_name = "[MACHINE/]COMPONENT")]
    pub without: Vec<Target>,
    /// Give a component an environment variable, or take it away with an empty value;
    /// may be repeated
    #[arg(long, value_name = "[MACHINE/]COMPONENT:NAME=VALUE")]
    pub env: Vec<EnvOverride>,
    /// How long the components may take to get ready, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub ready_within: u64,
    /// Say when each component gets ready
    #[arg(long, short)]
    pub verbose: bool,
}

impl LabOptions {
    pub fn ready_within(&self) -> Duration {
        Duration::from_secs(self.ready_within)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dns {
    /// The real one.
    Coredns,
    /// A small server of the lab's own, where CoreDNS cannot be had; reports say so.
    Embedded,
}
