//! The topology as it stands in `topology.json`.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Machine, MachineRole, Platform, Ports, TestImage, Timings, TopologyError, validate};

/// How agents and schedulers authenticate requests to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestAuthentication {
    /// Contract §4.
    Hmac,
    /// The public 2025 builds, contract §9.
    Rsa,
}

/// Whether a service is reached over mutual TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSecurity {
    pub tls: bool,
}

impl Default for ServiceSecurity {
    fn default() -> Self {
        Self { tls: true }
    }
}

/// All that the verifier knows about where it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Topology {
    /// The file format's version; [`Topology::SCHEMA`].
    pub schema: u32,
    pub name: String,
    /// Marks a network made for tests. The fault daemon obeys only who names it.
    pub token: String,
    /// The DNS zone.
    pub domain: String,
    /// The network that the machines share, such as `10.77.0.0/24`.
    pub subnet: String,
    /// The folder on each machine that holds its certificates and secrets.
    pub credentials: PathBuf,
    pub request_authentication: RequestAuthentication,
    pub machines: BTreeMap<String, Machine>,
    #[serde(default)]
    pub ports: Ports,
    pub timings: Timings,
    pub images: BTreeMap<TestImage, String>,
    #[serde(default)]
    pub etcd: ServiceSecurity,
    #[serde(default)]
    pub docker: ServiceSecurity,
    pub platform: Platform,
}

impl Topology {
    pub const SCHEMA: u32 = 1;

    /// Reads and checks a topology. `file` is only named in errors.
    pub fn parse(file: &Path, text: &str) -> Result<Self, TopologyError> {
        let mut json = serde_json::Deserializer::from_str(text);
        let read: Result<Self, _> = serde_path_to_error::deserialize(&mut json);
        let topology = read.map_err(|error| TopologyError::Syntax {
            file: file.to_owned(),
            field: error.path().to_string(),
            problem: error.inner().to_string(),
        })?;
        json.end().map_err(|error| TopologyError::Syntax {
            file: file.to_owned(),
            field: ".".to_owned(),
            problem: error.to_string(),
        })?;
        validate::validate(file, &topology)?;
        Ok(topology)
    }

    /// The machines that have a role, by name.
    pub fn with_role(&self, role: MachineRole) -> impl Iterator<Item = (&str, &Machine)> {
        self.machines.iter().filter(move |(_, m)| m.has(role)).map(|(name, m)| (name.as_str(), m))
    }

    /// The only, or first, machine of a role that [`Topology::parse`] has made sure of.
    ///
    /// # Panics
    /// When no machine has the role; validation requires one of each but `github`.
    pub fn one(&self, role: MachineRole) -> (&str, &Machine) {
        self.with_role(role).next().unwrap_or_else(|| panic!("no machine has the role {role:?}"))
    }

    /// Where a service of a role listens.
    pub fn socket(&self, role: MachineRole, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(self.one(role).1.address, port)
    }

    /// The subnet's address and prefix length.
    pub fn network(&self) -> (Ipv4Addr, u8) {
        validate::read_subnet(&self.subnet).expect("the subnet was checked when the file was read")
    }

    /// The reference of a test image.
    pub fn image(&self, image: TestImage) -> &str {
        &self.images[&image]
    }
}
