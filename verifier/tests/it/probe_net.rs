//! A test network on the loopback: addresses of its own, real certificates, and
//! the probes that a run would have.

use std::{
    net::{IpAddr, SocketAddr, SocketAddrV4},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::Router;
use persys_contract::topology::{MachineRole, Topology};
use persys_identity::{Credentials, MutualTlsListener, write_credentials};
use persys_verifier::{evidence::Recorder, probe::Probes};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub struct Net {
    pub topology: Arc<Topology>,
    pub recorder: Recorder,
    pub probes: Probes,
    folder: TempDir,
}

impl Net {
    pub fn new() -> Self {
        Self::changed(|_| ())
    }

    /// With a change to the shipped topology. Every network is a /24 of its own, so
    /// tests do not meet.
    pub fn changed(change: impl FnOnce(&mut Value)) -> Self {
        let (a, b) = (1 + rand::random::<u8>() % 250, rand::random::<u8>());
        let text =
            include_str!("../../../topology.json").replace("10.77.0.", &format!("127.{a}.{b}."));
        let mut topology: Value = serde_json::from_str(&text).unwrap();
        topology["ports"]["dns"] = json!(5353);
        topology["ports"]["github"] = json!(8443);
        change(&mut topology);
        let topology = Topology::parse(Path::new("topology.json"), &topology.to_string()).unwrap();
        let topology = Arc::new(topology);
        let folder = tempfile::tempdir().unwrap();
        write_credentials(&topology, folder.path()).unwrap();
        let client = folder.path().join("client");
        let recorder = Recorder::in_memory();
        let cli = folder.path().join("persys-cli");
        let probes = Probes::open(topology.clone(), &client, &cli, recorder.clone()).unwrap();
        Self { topology, recorder, probes, folder }
    }

    /// The folder of a machine's credentials.
    pub fn credentials(&self, machine: &str) -> PathBuf {
        self.folder.path().join(machine)
    }

    /// Where the client program is looked for.
    pub fn cli(&self) -> PathBuf {
        self.folder.path().join("persys-cli")
    }

    pub fn agent_secret(&self) -> String {
        std::fs::read_to_string(self.credentials("client").join("agent-secret")).unwrap()
    }

    pub fn address(&self, machine: &str, port: u16) -> SocketAddr {
        SocketAddrV4::new(self.topology.machines[machine].address, port).into()
    }

    pub fn ip(&self, role: MachineRole) -> IpAddr {
        self.topology.one(role).1.address.into()
    }

    /// Serves over mutual TLS with one of a machine's certificates.
    pub async fn serve_tls(&self, machine: &str, certificate: &str, port: u16, app: Router) {
        let credentials = Credentials::in_folder(&self.credentials(machine), certificate);
        self.serve_tls_with(machine, port, &credentials, app).await;
    }

    pub async fn serve_tls_with(
        &self,
        machine: &str,
        port: u16,
        credentials: &Credentials,
        app: Router,
    ) {
        let config = credentials.load().unwrap().server_config().unwrap();
        let address = self.address(machine, port);
        let listener = MutualTlsListener::bind(address, config, |_| ()).await.unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
    }

    pub async fn serve_plain(&self, machine: &str, port: u16, app: Router) {
        let listener = TcpListener::bind(self.address(machine, port)).await.unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
    }

    /// The events of a kind of evidence that were recorded so far.
    pub fn evidence(&self, kind: &str) -> Vec<Value> {
        let events = serde_json::to_value(self.recorder.log().events()).unwrap();
        let all = events.as_array().unwrap().iter();
        all.filter(|event| event["kind"] == kind).cloned().collect()
    }

    /// Everything that was recorded, as it would be written.
    pub fn written(&self) -> String {
        serde_json::to_string(&self.recorder.log().events()).unwrap()
    }
}
