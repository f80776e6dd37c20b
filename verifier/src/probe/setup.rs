//! What all probes stand on: the topology, the credentials and the client program.

use std::{
    fs,
    net::SocketAddrV4,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use persys_contract::topology::{RequestAuthentication, Topology};
use persys_identity::{Authority, Credentials, LoadedCredentials};

use super::{ProbeError, Secrets};

/// Calls are never bound shorter.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What every probe of a run shares. Cheap to clone.
#[derive(Clone)]
pub(super) struct ProbeSetup(Arc<Shared>);

struct Shared {
    topology: Arc<Topology>,
    folder: PathBuf,
    cli: PathBuf,
    secrets: Secrets,
}

impl ProbeSetup {
    /// Reads the secrets of the credentials folder. `cli` is the client program:
    /// a path, or a name to be looked up in `PATH`.
    pub fn new(
        topology: Arc<Topology>,
        credentials: &Path,
        cli: impl Into<PathBuf>,
    ) -> Result<Self, ProbeError> {
        let secrets = Secrets::read(credentials)?;
        let (folder, cli) = (credentials.to_owned(), cli.into());
        Ok(Self(Arc::new(Shared { topology, folder, cli, secrets })))
    }

    pub fn topology(&self) -> &Topology {
        &self.0.topology
    }

    pub(super) fn cli(&self) -> &Path {
        &self.0.cli
    }

    /// What no answer, log or report may hold.
    pub fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    /// A pair of the credentials folder, such as `client` or `operator`.
    pub(super) fn credentials(&self, name: &str) -> Result<LoadedCredentials, ProbeError> {
        self.credential_files(name).load().map_err(|error| ProbeError::setup(error.to_string()))
    }

    pub(super) fn credential_files(&self, name: &str) -> Credentials {
        Credentials::in_folder(&self.0.folder, name)
    }

    /// The authority itself, where the folder holds its key: then certificates of
    /// any kind can be made.
    pub(super) fn authority(&self) -> Result<Option<Authority>, ProbeError> {
        if !self.0.folder.join("ca.key").exists() {
            return Ok(None);
        }
        let loaded = Authority::load(&self.0.folder);
        loaded.map(Some).map_err(|error| ProbeError::setup(format!("load the authority: {error}")))
    }

    /// The key of signed requests.
    pub(super) fn agent_secret(&self) -> Result<String, ProbeError> {
        self.secret("agent-secret")
    }

    /// A secret file of the credentials folder.
    pub(super) fn secret(&self, name: &str) -> Result<String, ProbeError> {
        let path = self.0.folder.join(name);
        fs::read_to_string(&path)
            .map(|text| text.trim().to_owned())
            .map_err(|error| ProbeError::setup(format!("read {}: {error}", path.display())))
    }

    /// Where a machine's service listens.
    pub(super) fn socket(&self, machine: &str, port: u16) -> Result<SocketAddrV4, ProbeError> {
        let found = self.0.topology.machines.get(machine).ok_or_else(|| {
            let names: Vec<_> = self.0.topology.machines.keys().map(String::as_str).collect();
            ProbeError::setup(format!(
                "find the machine {machine} in the topology; it has {}",
                names.join(", ")
            ))
        })?;
        Ok(SocketAddrV4::new(found.address, port))
    }

    /// The bound on a call to the platform: long enough for it to give up on a
    /// component behind it and to say so.
    pub(super) fn timeout(&self) -> Duration {
        SHORTEST_TIMEOUT.max(self.0.topology.timings.request_timeout() * 2)
    }

    /// Whether the platform is one of the public 2025 builds (contract §9).
    pub(super) fn is_public_build(&self) -> bool {
        self.0.topology.request_authentication == RequestAuthentication::Rsa
    }
}
