//! A platform of etcd, schedulers and agents, ready to be asked.

use std::{path::PathBuf, process::Command, time::Duration};

use persys_contract::NodeStatus;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    agent::{Agent, SECRET},
    client::{Answer, Caller},
    etcd::Etcd,
    keys::Keys,
    process::{Process, free_port},
    wait::until,
};

pub const NODE_TIMEOUT: Duration = Duration::from_millis(1500);
pub const MONITOR: Duration = Duration::from_millis(200);
pub const RECONCILE: Duration = Duration::from_millis(500);

pub struct Scheduler {
    pub process: Process,
    pub tls_port: u16,
    pub plain_port: u16,
    pub log: PathBuf,
    pub caller: Caller,
}

pub struct Bench {
    pub keys: Keys,
    pub etcd: Etcd,
    folder: TempDir,
}

impl Bench {
    pub async fn new() -> Self {
        let keys = Keys::create();
        let etcd = Etcd::start(&keys).await;
        Self { keys, etcd, folder: tempfile::tempdir().unwrap() }
    }

    /// The scheduler's program with all that it needs; nothing is inherited.
    pub fn command(&self, name: &str, tls_port: u16, plain_port: u16) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prow-scheduler"));
        let seconds = |span: Duration| span.as_secs_f64().to_string();
        let key = |file: &str| self.keys.path(file);
        command.env_clear().envs([
            ("LISTEN_TLS", format!("127.0.0.1:{tls_port}")),
            ("LISTEN_PLAIN", format!("127.0.0.1:{plain_port}")),
            ("TLS_CERT", key("prow-scheduler.crt")),
            ("TLS_KEY", key("prow-scheduler.key")),
            ("TLS_CA", key("ca.crt")),
            ("ETCD_ENDPOINTS", self.etcd.endpoint()),
            ("ETCD_CERT", key("etcd-client.crt")),
            ("ETCD_KEY", key("etcd-client.key")),
            ("ETCD_CA", key("ca.crt")),
            ("INSTANCE", name.to_owned()),
            ("AGENT_SECRET", SECRET.to_owned()),
            ("NODE_TIMEOUT", seconds(NODE_TIMEOUT)),
            ("MONITOR_INTERVAL", seconds(MONITOR)),
            ("RECONCILE_INTERVAL", seconds(RECONCILE)),
            ("REQUEST_TIMEOUT", "2".to_owned()),
        ]);
        command
    }

    /// Starts a scheduler and waits until it is to be found in discovery.
    pub async fn scheduler(&self, name: &str) -> Scheduler {
        let scheduler = self.scheduler_on(name, free_port(), free_port());
        let key = format!("/skydns/local/persys/_prow-scheduler/{name}");
        until("the scheduler is registered", async || self.etcd.get(&key).await).await;
        scheduler
    }

    pub fn scheduler_on(&self, name: &str, tls_port: u16, plain_port: u16) -> Scheduler {
        self.scheduler_with(name, tls_port, plain_port, [])
    }

    /// The same with more in its environment, or other values.
    pub fn scheduler_with<const N: usize>(
        &self,
        name: &str,
        tls_port: u16,
        plain_port: u16,
        environment: [(&str, &str); N],
    ) -> Scheduler {
        let log = self.folder.path().join(format!("{name}.log"));
        let mut command = self.command(name, tls_port, plain_port);
        let process = Process::start(command.envs(environment), &log);
        let base = format!("https://127.0.0.1:{tls_port}");
        let caller = Caller::new(&self.keys, "gateway", base);
        Scheduler { process, tls_port, plain_port, log, caller }
    }

    pub async fn agent(&self, id: &str, schedulers: &[&Scheduler]) -> Agent {
        let bases = schedulers.iter().map(|scheduler| scheduler.plain()).collect();
        Agent::start(id, self.etcd.client().await, bases).await
    }

    /// One scheduler that leads, and one agent.
    pub async fn small() -> (Self, Scheduler, Agent) {
        let bench = Self::new().await;
        let scheduler = bench.scheduler("prow1").await;
        scheduler.leads().await;
        let agent = bench.agent("agent1", &[&scheduler]).await;
        (bench, scheduler, agent)
    }
}

impl Scheduler {
    pub fn plain(&self) -> String {
        format!("http://127.0.0.1:{}", self.plain_port)
    }

    pub async fn metric(&self, line: &str) -> Option<f64> {
        let text =
            reqwest::get(format!("{}/metrics", self.plain())).await.ok()?.text().await.ok()?;
        let found = text.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(' '))?;
        found.parse().ok()
    }

    pub async fn leads(&self) {
        until("the scheduler leads", async || {
            self.metric("persys_is_leader").await.filter(|&value| value == 1.0)
        })
        .await;
    }

    pub async fn schedule(&self, changes: Value) -> Answer {
        let mut workload =
            json!({"name": "web", "type": "docker-container", "image": "persys-test/web:1"});
        for (key, value) in changes.as_object().unwrap() {
            workload[key] = value.clone();
        }
        self.caller.post("/workloads/schedule", workload).await
    }

    /// Schedules a workload and waits until it runs.
    pub async fn running(&self, changes: Value) -> String {
        let answer = self.schedule(changes).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let id = answer.body["workloadId"].as_str().unwrap().to_owned();
        self.has_status(&id, "Running").await;
        id
    }

    pub async fn workload(&self, id: &str) -> Value {
        self.caller.get(&format!("/workloads/{id}")).await.body
    }

    pub async fn has_status(&self, id: &str, status: &str) -> Value {
        until(&format!("the status is {status}"), async || {
            let workload = self.workload(id).await;
            (workload["status"] == status).then_some(workload)
        })
        .await
    }

    pub async fn node_is(&self, id: &str, status: NodeStatus) {
        until(&format!("{id} is {}", status.as_str()), async || {
            let nodes = self.caller.get("/nodes").await.body["nodes"].clone();
            let found = nodes.as_array()?.iter().find(|node| node["nodeId"] == id)?.clone();
            (found["status"] == status.as_str()).then_some(())
        })
        .await;
    }

    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}
