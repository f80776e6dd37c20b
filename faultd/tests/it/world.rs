//! All that a test needs: a network, an authority, components and the daemon.

use std::{net::IpAddr, path::Path, sync::Arc, time::Duration};

use persys_contract::{Role, topology::Topology};
use persys_faultd::{
    client::{FaultClient, FaultError},
    protocol::{Direction, Fault, Lease},
};
use persys_identity::{Authority, CertificateSpec, Credentials, LoadedCredentials};
use tokio::time::{Instant, sleep};

use crate::{
    daemon::Daemon,
    network::{MACHINE, Network},
    supervisor::Supervisor,
};

/// Longer than any test waits between two signs of life.
pub const TTL: Duration = Duration::from_secs(30);

pub struct World {
    pub network: Network,
    pub folder: tempfile::TempDir,
    pub authority: Authority,
    pub topology: Topology,
    pub supervisor: Arc<Supervisor>,
    pub daemon: Option<Daemon>,
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let network = Network::new();
        let authority = Authority::create().unwrap();
        let topology = write_topology(folder.path());
        authority.write_certificate(folder.path()).unwrap();
        let server = CertificateSpec::server("faultd").with_ip(IpAddr::V4(MACHINE));
        authority.issue(&server).unwrap().write(folder.path()).unwrap();
        let supervisor = Supervisor::start(folder.path()).await;
        let mut world = Self { network, folder, authority, topology, supervisor, daemon: None };
        world.start_daemon().await;
        world
    }

    pub async fn start_daemon(&mut self) {
        self.daemon = Some(Daemon::start(&self.network, self.folder.path()).await);
    }

    /// `kill -9`, and another one in its place.
    pub async fn kill_and_start_daemon(&mut self) {
        self.daemon.take().unwrap().kill();
        self.start_daemon().await;
    }

    pub fn client(&self) -> FaultClient {
        self.client_with(&self.credentials(&CertificateSpec::client(Role::Chaos)))
    }

    pub fn client_with(&self, credentials: &LoadedCredentials) -> FaultClient {
        FaultClient::of_machine(&self.topology, "etcd", credentials).unwrap()
    }

    pub fn credentials(&self, spec: &CertificateSpec) -> LoadedCredentials {
        self.credentials_of(&self.authority, spec)
    }

    /// A certificate of any authority, for somebody who trusts the right one.
    pub fn credentials_of(&self, issuer: &Authority, spec: &CertificateSpec) -> LoadedCredentials {
        let issued = issuer.issue(spec).unwrap();
        LoadedCredentials::from_pem(
            Credentials::in_folder(self.folder.path(), &spec.name),
            issued.cert_pem.into_bytes(),
            issued.key_pem.into_bytes(),
            self.authority.cert_pem().as_bytes().to_vec(),
        )
        .unwrap()
    }

    /// The packet filter's tables on the machine.
    pub fn tables(&self) -> String {
        self.network.run("nft list ruleset")
    }
}

fn write_topology(folder: &Path) -> Topology {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topology.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut topology = Topology::parse(&path, &text).unwrap();
    topology.credentials = folder.to_owned();
    std::fs::write(folder.join("topology.json"), serde_json::to_vec(&topology).unwrap()).unwrap();
    topology
}

pub fn cut(peer: impl Into<IpAddr>, direction: Direction) -> Fault {
    Fault::Cut { peers: vec![peer.into()], direction }
}

pub fn component(name: &str) -> String {
    name.to_owned()
}

/// What was seen when the fault was gone.
pub fn seen(lease: &Lease) -> &str {
    lease.ended.as_ref().unwrap().healing.seen.as_deref().unwrap()
}

/// Asks until something is so.
pub async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !is_so().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The refusal's code.
pub fn code_of<T: std::fmt::Debug>(outcome: Result<T, FaultError>) -> String {
    let error = outcome.unwrap_err();
    error.code().unwrap_or_else(|| panic!("not refused: {error}")).to_string()
}
