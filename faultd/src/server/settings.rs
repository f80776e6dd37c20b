//! What the daemon is told by its environment or its flags.

use std::{net::SocketAddr, path::PathBuf};

use crate::protocol::BackendKind;

/// Who runs the components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum BackendChoice {
    Lab,
    Systemd,
}

impl From<BackendChoice> for BackendKind {
    fn from(choice: BackendChoice) -> Self {
        match choice {
            BackendChoice::Lab => Self::Lab,
            BackendChoice::Systemd => Self::Systemd,
        }
    }
}

/// Every value is a flag or an environment variable of the same name.
#[derive(Clone, Debug, clap::Parser)]
#[command(
    name = "persys-faultd",
    version,
    about = "Injects faults into a machine of a test topology"
)]
#[command(after_help = "`persys-faultd hold memory BYTES` and `hold cpu THREADS` are what the \
    daemon runs to take memory and processor time.")]
pub struct Settings {
    /// Where to listen [default: this machine's address and the topology's port]
    #[arg(long, env = "LISTEN")]
    pub listen: Option<SocketAddr>,
    /// The server's certificate [default: faultd.crt in the topology's credentials folder]
    #[arg(long, env = "TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// Its key [default: faultd.key in that folder]
    #[arg(long, env = "TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// The authority of the callers [default: ca.crt in that folder]
    #[arg(long, env = "TLS_CA")]
    pub tls_ca: Option<PathBuf>,
    /// The topology file; without one there is nobody to obey
    #[arg(long, env = "TOPOLOGY", default_value = "/run/persys/topology.json")]
    pub topology: PathBuf,
    /// The name of this machine in the topology [default: its host name]
    #[arg(long, env = "MACHINE")]
    pub machine: Option<String>,
    /// Who runs the components of this machine
    #[arg(long, env = "BACKEND", value_enum)]
    pub backend: BackendChoice,
    /// The socket of the lab's supervisor
    #[arg(long, env = "SUPERVISOR", default_value = "/run/persys/supervisor.sock")]
    pub supervisor: PathBuf,
    /// The components that systemd runs; no other unit is touched
    #[arg(
        long,
        env = "COMPONENTS",
        value_delimiter = ',',
        default_value = "etcd,coredns,prow-scheduler,api-gateway,docker,persys-agent,github,persys-faultd"
    )]
    pub components: Vec<String>,
    /// Where the leases are noted, for a daemon that is started again
    #[arg(long, env = "STATE", default_value = "/run/persys/lib/persys-faultd")]
    pub state: PathBuf,
    /// Where the components' logs lie
    #[arg(long, env = "LOG_DIR", default_value = "/run/persys/log")]
    pub log_dir: PathBuf,
    /// The Docker Engine of this machine: a unix socket
    #[arg(long, env = "DOCKER_HOST", default_value = "unix:///var/run/docker.sock")]
    pub docker_host: String,
    /// The control group below which Docker has all containers of this machine, as its
    /// --cgroup-parent names it; without one their memory cannot be bounded
    #[arg(long, env = "CONTAINERS_CGROUP")]
    pub containers_cgroup: Option<PathBuf>,
    /// The folders below which a disk may be filled
    #[arg(long, env = "FILL_ROOTS", value_delimiter = ',', default_value = "/run/persys")]
    pub fill_roots: Vec<PathBuf>,
    /// The most that is written to fill a disk, in bytes
    #[arg(long, env = "FILL_MOST", default_value_t = 4 << 30)]
    pub fill_most: u64,
}
