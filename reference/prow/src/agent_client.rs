//! What a scheduler asks of an agent (contract §3.3).

use persys_reference_base::defect;
use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use persys_contract::{
    ComposeClone, ComposeRun, ContainerEntry, ContainerList, DockerRun, Node, SignatureKey,
    Workload, WorkloadType,
};
use persys_reference_base::signature::{CallError, SignedClient};
use serde::Deserialize;

/// A list or logs must come sooner than an action is done.
const LOOK_TIMEOUT: Duration = Duration::from_secs(4);

#[derive(Clone)]
pub struct AgentClient {
    acting: SignedClient,
    looking: SignedClient,
}

/// Either of the two names under which agents hand out logs.
#[derive(Deserialize)]
struct Logs {
    #[serde(alias = "result")]
    logs: String,
}

impl AgentClient {
    pub fn new(key: SignatureKey, timeout: Duration) -> anyhow::Result<Self> {
        let acting = SignedClient::new(key, timeout)?;
        let looking = acting.with_timeout(timeout.min(LOOK_TIMEOUT));
        Ok(Self { acting, looking })
    }

    pub async fn list(&self, node: &Node) -> Result<Vec<ContainerEntry>, CallError> {
        let reply = self.looking.get(&base(node), "/docker/list").await?;
        Ok(reply.json::<ContainerList>()?.result)
    }

    pub async fn logs(&self, node: &Node, container: &str) -> Result<String, CallError> {
        let path = format!("/docker/logs/{container}");
        Ok(self.looking.get(&base(node), &path).await?.json::<Logs>()?.logs)
    }

    /// Orders a container or a project; the agent answers before it is there.
    pub async fn run(&self, node: &Node, workload: &Workload) -> Result<(), CallError> {
        let base = base(node);
        defect!("other-agents-wait" => {
            let pause = Duration::from_secs(3);
            persys_reference_base::defects::while_others_wait(&node.node_id, pause).await;
        });
        let ordered = match workload.kind {
            None | Some(WorkloadType::DockerContainer) => {
                self.acting.post(&base, "/docker/run", &container(workload)).await
            }
            Some(WorkloadType::DockerCompose) => {
                self.acting.post(&base, "/compose/run", &project(workload)).await
            }
            Some(WorkloadType::GitCompose) => {
                self.acting.post(&base, "/compose/clone", &repository(workload)).await
            }
        };
        ordered.map(drop)
    }

    /// Starts what has exited, and lets what is paused go on.
    pub async fn start(&self, node: &Node, id: &str) -> Result<(), CallError> {
        self.acting.post_empty(&base(node), &format!("/docker/start/{id}")).await.map(drop)
    }

    /// What is not there is stopped.
    pub async fn stop(&self, node: &Node, id: &str) -> Result<(), CallError> {
        let stopped = self.acting.post_empty(&base(node), &format!("/docker/stop/{id}")).await;
        unless_absent(stopped.map(drop))
    }

    /// What is not there is removed.
    pub async fn remove(&self, node: &Node, id: &str) -> Result<(), CallError> {
        let removed = self.acting.delete(&base(node), &format!("/docker/{id}")).await;
        unless_absent(removed.map(drop))
    }
}

fn container(workload: &Workload) -> DockerRun {
    DockerRun {
        workload_id: workload.id.clone(),
        name: workload.id.clone(),
        display_name: workload.name.clone(),
        image: workload.image.clone().unwrap_or_default(),
        command: workload.command.clone(),
        env: defect!("environment-not-passed-on", Default::default(), workload.env_vars.clone()),
        ports: workload.ports.clone(),
        volumes: workload.volumes.clone(),
        network: workload.network.clone(),
        restart_policy: workload.restart_policy,
        background: true,
    }
}

fn project(workload: &Workload) -> ComposeRun {
    let compose = workload.compose.clone().filter(|file| !file.trim().is_empty());
    ComposeRun {
        workload_id: workload.id.clone(),
        display_name: workload.name.clone(),
        // What is sent along is the same on every node, unlike a folder.
        compose_dir: workload.local_path.clone().filter(|_| compose.is_none()),
        compose,
        env_variables: environment(workload),
        background: true,
    }
}

fn environment(workload: &Workload) -> BTreeMap<String, String> {
    let all = workload.env_vars.clone();
    // Without its images nothing would run at all.
    defect!(
        "project-environment-not-passed-on",
        all.into_iter().filter(|(name, _)| name.ends_with("_IMAGE")).collect(),
        all,
    )
}

fn repository(workload: &Workload) -> ComposeClone {
    ComposeClone {
        workload_id: workload.id.clone(),
        display_name: workload.name.clone(),
        repo_url: workload.git_repo.clone().unwrap_or_default(),
        branch: workload.git_branch.clone(),
        auth_token: defect!("git-token-not-passed-on", None, workload.git_token.clone()),
        env_variables: workload.env_vars.clone(),
        background: true,
    }
}

fn unless_absent(outcome: Result<(), CallError>) -> Result<(), CallError> {
    match outcome {
        Err(error) if error.status() == Some(404) => Ok(()),
        outcome => outcome,
    }
}

fn base(node: &Node) -> String {
    let host = match node.ip_address.parse() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => node.ip_address.clone(),
    };
    format!("http://{host}:{}", node.agent_port)
}
