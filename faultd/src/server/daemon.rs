//! Puts the daemon together, runs it and ends it.

use std::{fs, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use persys_contract::topology::{Topology, TopologyError};
use persys_identity::{CredentialError, Credentials, MutualTlsListener, Refusal};
use tokio_util::sync::CancellationToken;

use super::{
    BackendChoice, Settings,
    api::{Shared, router},
    connections,
};
use crate::{
    backend::{Backend, Lab, Systemd, SystemdPrograms},
    faults::{ContainerMemory, DiskLimits, MachineEffects, Place, probe},
    leases::{Keeper, StateFile, StateFileError},
    machine::Containers,
    protocol::{ComponentState, Lease},
    supervisor::SupervisorClient,
};

/// Why the daemon did not start. The texts follow "failed to".
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("read the topology {}: {source}", path.display())]
    TopologyFile { path: PathBuf, source: io::Error },
    #[error("use the topology: {0}")]
    Topology(#[from] TopologyError),
    #[error("find out this machine's name; give MACHINE: {0}")]
    NoName(nix::errno::Errno),
    #[error("find MACHINE \"{machine}\" in the topology {}", path.display())]
    UnknownMachine { machine: String, path: PathBuf },
    #[error(
        "use LISTEN {listen}: the topology's port for this daemon is {port}, which no fault cuts"
    )]
    Port { listen: SocketAddr, port: u16 },
    #[error("use DOCKER_HOST \"{0}\": only a unix socket will do")]
    DockerHost(String),
    #[error("use the credentials: {0}")]
    Credentials(#[from] CredentialError),
    #[error("keep the leases: {0}")]
    State(#[from] StateFileError),
    #[error("listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
}

/// A daemon that listens.
pub struct Daemon {
    listener: MutualTlsListener,
    shared: Shared,
}

impl Daemon {
    /// How long what an earlier process left may keep this one from listening.
    const RECOVERY: Duration = Duration::from_secs(8);
    /// How long all leases together may take to heal at the end.
    const FAREWELL: Duration = Duration::from_secs(4);

    /// Heals what an earlier process left behind, finds out what the machine can do,
    /// and listens.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let topology = read_topology(&settings)?;
        let machine = machine_name(&settings)?;
        let Some(own) = topology.machines.get(&machine) else {
            return Err(StartError::UnknownMachine { machine, path: settings.topology });
        };
        let port = topology.ports.faultd;
        let address = settings.listen.unwrap_or_else(|| SocketAddr::from((own.address, port)));
        if address.port() != port {
            return Err(StartError::Port { listen: address, port });
        }
        let tls = credentials(&settings, &topology).load()?.server_config()?;
        let docker = Containers::socket_of(&settings.docker_host)
            .ok_or_else(|| StartError::DockerHost(settings.docker_host.clone()))?;
        let state = StateFile::in_folder(&settings.state)?;
        let backend = backend(&settings).await;
        let containers = ContainerMemory::of_group(settings.containers_cgroup.as_deref());
        let probed = probe(&containers).await;
        let place = Place {
            address: own.address,
            topology: topology.machines.values().map(|machine| machine.address.into()).collect(),
            port,
        };
        let effects = Arc::new(MachineEffects::new(
            backend.clone(),
            place,
            probed.clone(),
            DiskLimits {
                roots: settings
                    .fill_roots
                    .iter()
                    .filter_map(|root| root.canonicalize().ok())
                    .collect(),
                most_bytes: settings.fill_most,
            },
            containers,
            // This program, even if its file was replaced meanwhile.
            PathBuf::from("/proc/self/exe"),
        ));
        effects.clear_network().await;
        let keeper = Keeper::new(effects, state.clone());
        keeper.recover(left_behind(&state, &*backend).await, Self::RECOVERY).await;
        let listener = MutualTlsListener::bind(address, tls, log_refusal)
            .await
            .map_err(|source| StartError::Listen { address, source })?;
        tracing::info!(machine, %address, backend = %backend.kind(), lacks = %probed, "listening");
        let shared = Shared {
            machine: machine.into(),
            token: topology.token.into(),
            backend,
            keeper,
            containers: Containers::new(docker),
            probed,
        };
        Ok(Self { listener, shared })
    }

    /// Serves until `ended`, then heals all leases. Tells whether they all were healed.
    pub async fn run(self, ended: impl Future<Output = ()>) -> bool {
        let stop = CancellationToken::new();
        let keeper = self.shared.keeper.clone();
        let serving = connections::serve(self.listener, router(self.shared), stop.clone());
        let serving = tokio::spawn(serving);
        ended.await;
        tracing::info!("ending");
        // Requests that wait for a lease are answered by its healing.
        stop.cancel();
        let healed = keeper.close(Self::FAREWELL).await;
        if !healed {
            tracing::error!("not all faults are healed; the next start tries again");
        }
        let _ = tokio::time::timeout(Duration::from_millis(300), serving).await;
        healed
    }
}

fn read_topology(settings: &Settings) -> Result<Topology, StartError> {
    let path = &settings.topology;
    let text = fs::read_to_string(path)
        .map_err(|source| StartError::TopologyFile { path: path.clone(), source })?;
    Ok(Topology::parse(path, &text)?)
}

fn machine_name(settings: &Settings) -> Result<String, StartError> {
    if let Some(name) = &settings.machine {
        return Ok(name.clone());
    }
    let name = nix::unistd::gethostname().map_err(StartError::NoName)?;
    Ok(name.to_string_lossy().into_owned())
}

fn credentials(settings: &Settings, topology: &Topology) -> Credentials {
    let usual = Credentials::in_folder(&topology.credentials, "faultd");
    Credentials {
        cert: settings.tls_cert.clone().unwrap_or(usual.cert),
        key: settings.tls_key.clone().unwrap_or(usual.key),
        ca: settings.tls_ca.clone().unwrap_or(usual.ca),
    }
}

async fn backend(settings: &Settings) -> Arc<dyn Backend> {
    let logs = settings.log_dir.clone();
    match settings.backend {
        BackendChoice::Lab => Arc::new(Lab::new(SupervisorClient::new(&settings.supervisor), logs)),
        BackendChoice::Systemd => {
            let programs = SystemdPrograms::default();
            let systemd = Systemd::new(programs, settings.components.clone(), logs);
            if let Err(error) = systemd.sweep().await {
                tracing::error!(reason = %error, "overrides of units not removed");
            }
            Arc::new(systemd)
        }
    }
}

/// The leases of an earlier process. When they cannot be read, at least what is
/// visibly held is let go.
async fn left_behind(state: &StateFile, backend: &dyn Backend) -> Vec<Lease> {
    let error = match state.read() {
        Ok(left) => return left,
        Err(error) => error,
    };
    tracing::error!(reason = %error, "the leases of the last run are lost");
    for component in backend.list().await.unwrap_or_default() {
        if component.state == ComponentState::Paused
            && let Err(error) = backend.resume(&component.name).await
        {
            tracing::error!(component = component.name, reason = %error, "not resumed");
        }
    }
    Vec::new()
}

fn log_refusal(refusal: Refusal) {
    tracing::warn!(peer = %refusal.peer, reason = %refusal.reason, detail = refusal.detail,
        "handshake refused");
}
