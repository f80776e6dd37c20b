//! The agent's binary as a test runs it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use persys_contract::{
    ComposeClone, ComposeRun, ContainerEntry, ContainerList, DockerRun, QueuedReply, SignatureKey,
};
use persys_reference_base::signature::{CallError, SignedClient};
use serde_json::Value;
use tempfile::TempDir;

use crate::engine::{IMAGE, TestEngine};
use crate::until::until;

pub const SECRET: &str = "a secret that only the tests know";
pub const NODE: &str = "test-node";

/// A running agent.
pub struct TestAgent {
    child: Child,
    pub address: SocketAddr,
    lines: Arc<Mutex<Vec<Value>>>,
    client: SignedClient,
    state: TempDir,
}

/// An agent's binary with an environment of the test's choice and nothing else of ours in it.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_persys-agent"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

impl TestAgent {
    /// An agent of this engine whose scheduler is away, ready to serve.
    pub async fn start(engine: &TestEngine) -> Self {
        let agent = Self::start_with(engine, &[("CENTRAL_URL", "http://127.0.0.1:9")]).await;
        agent.line("ready").await;
        agent
    }

    pub async fn start_with(engine: &TestEngine, environment: &[(&str, &str)]) -> Self {
        let state = tempfile::tempdir().unwrap();
        let mut child = command()
            .env("STATE_DIR", state.path())
            .env("LISTEN", "127.0.0.1:0")
            .env("AGENT_PORT", "18080")
            .env("AGENT_SECRET", SECRET)
            .env("NODE_ID", NODE)
            .env("NODE_LABELS", "zone=a,disk=ssd")
            .env("DOCKER_HOST", engine.host())
            .env("HEARTBEAT_INTERVAL", "0.3")
            .env("REQUEST_TIMEOUT", "5")
            .envs(environment.iter().copied())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let seen = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                seen.lock().unwrap().push(value);
            }
        });
        let client = client(SECRET);
        let address = ([127, 0, 0, 1], 0).into();
        let mut agent = Self { child, address, lines, client, state };
        let listening = agent.line("listening").await;
        agent.address = listening["address"].as_str().unwrap().parse().unwrap();
        agent
    }

    /// The first log line with this message, as soon as there is one.
    pub async fn line(&self, message: &str) -> Value {
        let look = async || self.lines.lock().unwrap().clone();
        let has = |line: &Value| line["msg"] == message;
        let lines = until(message, look, |lines| lines.iter().any(has)).await;
        lines.into_iter().find(has).unwrap()
    }

    pub fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    pub fn process(&self) -> persys_hostile::Process {
        persys_hostile::Process { pid: self.child.id() }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub async fn order(&self, order: &DockerRun) -> Result<QueuedReply, CallError> {
        self.client.post(&self.base(), "/docker/run", order).await?.json()
    }

    pub async fn compose(&self, order: &ComposeRun) -> Result<QueuedReply, CallError> {
        self.client.post(&self.base(), "/compose/run", order).await?.json()
    }

    pub async fn clone(&self, order: &ComposeClone) -> Result<QueuedReply, CallError> {
        self.client.post(&self.base(), "/compose/clone", order).await?.json()
    }

    pub async fn stop_project(&self, id: &str) -> Result<QueuedReply, CallError> {
        self.client.post_empty(&self.base(), &format!("/compose/stop/{id}")).await?.json()
    }

    /// Where it keeps its projects, unless the test chose a place.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    pub async fn list(&self) -> Result<Vec<ContainerEntry>, CallError> {
        let list: ContainerList = self.client.get(&self.base(), "/docker/list").await?.json()?;
        Ok(list.result)
    }

    /// What is listed of one workload.
    pub async fn entries(&self, workload_id: &str) -> Vec<ContainerEntry> {
        let mut list = self.list().await.unwrap();
        list.retain(|entry| entry.labels.get("workloadId").is_some_and(|id| id == workload_id));
        list
    }

    /// The only entry of a workload, as soon as it has this status.
    pub async fn entry(&self, workload_id: &str, status: &str) -> ContainerEntry {
        let look = async || self.entries(workload_id).await;
        let good = |list: &Vec<ContainerEntry>| list.len() == 1 && list[0].status == status;
        let what = format!("{workload_id} is {status}");
        until(&what, look, good).await.remove(0)
    }

    /// All entries of a workload, by name, as soon as there are so many and all have this status.
    pub async fn all(&self, workload_id: &str, count: usize, status: &str) -> Vec<ContainerEntry> {
        let look = async || self.entries(workload_id).await;
        let good = |list: &Vec<ContainerEntry>| {
            list.len() == count && list.iter().all(|entry| entry.status == status)
        };
        let mut entries = until(&format!("{workload_id} is all {status}"), look, good).await;
        entries.sort_by(|one, other| one.names.cmp(&other.names));
        entries
    }

    pub async fn act(&self, action: &str, id: &str) -> Result<QueuedReply, CallError> {
        self.client.post_empty(&self.base(), &format!("/docker/{action}/{id}")).await?.json()
    }

    pub async fn delete(&self, id: &str) -> Result<QueuedReply, CallError> {
        self.client.delete(&self.base(), &format!("/docker/{id}")).await?.json()
    }

    pub async fn logs(&self, id: &str) -> Result<String, CallError> {
        let reply = self.client.get(&self.base(), &format!("/docker/logs/{id}")).await?;
        Ok(reply.json::<Value>()?["logs"].as_str().unwrap().to_owned())
    }

    /// An unsigned request: its status and body.
    pub async fn plain(&self, method: &str, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.base());
        let request = reqwest::Client::new().request(method.parse().unwrap(), url);
        let response = request.timeout(Duration::from_secs(10)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub async fn health(&self) -> (u16, Value) {
        let (status, body) = self.plain("GET", "/api/v1/health").await;
        (status, serde_json::from_str(&body).unwrap())
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// The exit code, or nothing after a signal.
    pub async fn exit_code(&mut self) -> Option<i32> {
        let child = &mut self.child;
        let ended = until("exit", async || child.try_wait().unwrap(), Option::is_some).await;
        ended.unwrap().code()
    }
}

impl Drop for TestAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            for line in self.lines() {
                eprintln!("{line}");
            }
        }
    }
}

/// A scheduler's client with some secret.
pub fn client(secret: &str) -> SignedClient {
    SignedClient::new(SignatureKey::new(secret), Duration::from_secs(30)).unwrap()
}

/// A run order for [`IMAGE`].
pub fn order(workload_id: &str, command: &str) -> DockerRun {
    DockerRun {
        workload_id: workload_id.to_owned(),
        name: workload_id.to_owned(),
        display_name: format!("{workload_id}-name"),
        image: IMAGE.to_owned(),
        command: Some(command.to_owned()).filter(|command| !command.is_empty()),
        background: true,
        ..DockerRun::default()
    }
}
