//! A real etcd with mutual TLS, and a look into it past the scheduler.

use std::{collections::BTreeSet, path::PathBuf, process::Command, time::Duration};

use etcd_client::{Certificate, Client, ConnectOptions, GetOptions, Identity, TlsOptions};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    keys::Keys,
    process::{Process, free_port},
    wait::until,
};

pub struct Etcd {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
    peer_port: u16,
    files: [String; 3],
    options: ConnectOptions,
}

impl Etcd {
    pub async fn start(keys: &Keys) -> Self {
        let credentials = keys.load("etcd-client");
        let (cert, key, ca) = credentials.pem();
        let tls = TlsOptions::new()
            .ca_certificate(Certificate::from_pem(ca))
            .identity(Identity::from_pem(cert, key));
        let options = ConnectOptions::new()
            .with_tls(tls)
            .with_timeout(Duration::from_secs(2))
            .with_connect_timeout(Duration::from_secs(1));
        let files = ["etcd.crt", "etcd.key", "ca.crt"].map(|file| keys.path(file));
        let folder = tempfile::tempdir().unwrap();
        let (port, peer_port) = (free_port(), free_port());
        let mut etcd = Self { process: None, folder, port, peer_port, files, options };
        etcd.resume().await;
        etcd
    }

    pub fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Starts it again with what it knew.
    pub async fn resume(&mut self) {
        let [cert, key, ca] = &self.files;
        let client = self.endpoint();
        let peer = format!("http://127.0.0.1:{}", self.peer_port);
        let mut command = Command::new("etcd");
        command.arg("--data-dir").arg(self.folder.path().join("data"));
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.arg("--initial-cluster").arg(format!("default={peer}"));
        command.args(["--cert-file", cert, "--key-file", key, "--trusted-ca-file", ca]);
        command.args(["--client-cert-auth", "--log-level", "error"]);
        self.process = Some(Process::start(&mut command, &self.log()));
        until("etcd answers", async || self.client().await.get("/", None).await.ok()).await;
    }

    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Lets it hang, or go on.
    pub fn signal(&self, name: &str) {
        self.process.as_ref().unwrap().signal(name);
    }

    pub async fn client(&self) -> Client {
        Client::connect([self.endpoint()], Some(self.options.clone())).await.unwrap()
    }

    /// The JSON at a key, if there is any.
    pub async fn get(&self, key: &str) -> Option<Value> {
        let found = self.client().await.get(key, None).await.unwrap();
        found.kvs().first().map(|pair| serde_json::from_slice(pair.value()).unwrap())
    }

    pub async fn keys(&self, prefix: &str) -> Vec<String> {
        let options = GetOptions::new().with_prefix().with_keys_only();
        let found = self.client().await.get(prefix, Some(options)).await.unwrap();
        found.kvs().iter().map(|pair| pair.key_str().unwrap().to_owned()).collect()
    }

    /// The transactions in which the keys below a prefix were made.
    pub async fn creations(&self, prefix: &str) -> BTreeSet<i64> {
        let options = GetOptions::new().with_prefix().with_keys_only();
        let found = self.client().await.get(prefix, Some(options)).await.unwrap();
        found.kvs().iter().map(|pair| pair.create_revision()).collect()
    }

    /// Every status that a workload had, in order.
    pub async fn statuses(&self, id: &str) -> Vec<String> {
        let mut client = self.client().await;
        let key = format!("/workloads/{id}");
        let found = client.get(key.as_str(), None).await.unwrap();
        let pair = found.kvs().first().expect("a record");
        let mut statuses: Vec<String> = Vec::new();
        for revision in pair.create_revision()..=pair.mod_revision() {
            let options = GetOptions::new().with_revision(revision);
            let then = client.get(key.as_str(), Some(options)).await.unwrap();
            let record: Value = serde_json::from_slice(then.kvs()[0].value()).unwrap();
            let status = record["status"].as_str().unwrap().to_owned();
            if statuses.last() != Some(&status) {
                statuses.push(status);
            }
        }
        statuses
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}
