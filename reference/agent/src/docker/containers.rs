//! The containers that bear a workload label: found, listed, made, started, stopped, removed.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerState, ContainerSummary};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder,
};
use futures::StreamExt;
use persys_contract::WORKLOAD_LABEL;

use super::{ContainerSpec, DockerFault, Engine, PROJECT_LABEL};

/// How long a container that is asked to stop has, in seconds, before it is killed.
const STOP_GRACE_SECONDS: i32 = 2;

/// How many containers are inspected at a time for one list.
const INSPECT_AT_A_TIME: usize = 8;

/// How long one of these inspections is waited for.
const INSPECT_DEADLINE: Duration = Duration::from_millis(500);

/// How long a removal that is under way already is waited for, and how often it is looked at.
const REMOVAL_DEADLINE: Duration = Duration::from_secs(10);
const REMOVAL_POLL: Duration = Duration::from_millis(50);

/// A container that bears a workload label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    pub id: String,
    /// Without Docker's leading slash.
    pub names: Vec<String>,
    pub image: String,
    pub labels: BTreeMap<String, String>,
    /// When it was made, in unix seconds.
    pub created: i64,
    /// Docker's word: `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`.
    pub state: String,
    /// Of a container that ran and does not now.
    pub exit_code: Option<i64>,
    /// Docker's word on why it does not run.
    pub reason: Option<String>,
}

impl Container {
    /// The workload it belongs to.
    pub fn workload_id(&self) -> &str {
        self.labels.get(WORKLOAD_LABEL).map_or("", String::as_str)
    }

    /// Whether it was made and never started.
    pub fn is_created(&self) -> bool {
        self.state == "created"
    }

    /// Whether it is being removed. Docker calls it dead in the last moments, and has by then
    /// forgotten why it could not be started.
    pub fn is_going(&self) -> bool {
        matches!(self.state.as_str(), "removing" | "dead")
    }

    /// Whether it was made by a run order, and not by compose, which gives names of its own.
    pub fn is_by_run(&self) -> bool {
        self.names.iter().any(|name| name == self.workload_id())
    }

    /// The compose project that it is a part of.
    pub fn project(&self) -> Option<&str> {
        self.labels.get(PROJECT_LABEL).map(String::as_str)
    }

    fn from_summary(summary: ContainerSummary) -> Self {
        let names = summary.names.unwrap_or_default();
        Self {
            id: summary.id.unwrap_or_default(),
            names: names.iter().map(|name| name.trim_start_matches('/').to_owned()).collect(),
            image: summary.image.unwrap_or_default(),
            created: summary.created.unwrap_or_default(),
            labels: summary.labels.unwrap_or_default().into_iter().collect(),
            state: summary.state.map(|state| state.to_string()).unwrap_or_default(),
            exit_code: summary.status.as_deref().and_then(exit_code_in),
            reason: None,
        }
    }

    /// Takes over what only an inspection tells. The state too: it may have changed
    /// since the list was made, and must fit the exit code.
    fn with_state(mut self, state: ContainerState) -> Self {
        if let Some(status) = state.status {
            self.state = status.to_string();
        }
        let ran = matches!(self.state.as_str(), "exited" | "dead" | "restarting");
        self.exit_code = state.exit_code.filter(|_| ran);
        self.reason = match state.error.filter(|error| !error.is_empty()) {
            Some(error) => Some(error),
            None if ran && state.oom_killed == Some(true) => Some("out of memory".to_owned()),
            None => None,
        };
        self
    }
}

/// Whether a text can be a container's name or id, and thus a part of Docker's paths.
pub fn is_reference(text: &str) -> bool {
    (2..=128).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

impl Engine {
    /// Every container that bears a workload label.
    pub async fn containers(&self) -> Result<Vec<Container>, DockerFault> {
        self.list(WORKLOAD_LABEL.to_owned()).await
    }

    /// The containers of one workload; more than one where compose made them.
    pub async fn containers_of(&self, workload_id: &str) -> Result<Vec<Container>, DockerFault> {
        self.list(format!("{WORKLOAD_LABEL}={workload_id}")).await
    }

    /// The container with this id, in full or its first 12 digits at least, if it bears a workload label.
    pub async fn container(&self, id: &str) -> Result<Option<Container>, DockerFault> {
        if id.len() < 12 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let Some(found) = self.inspect(id).await? else { return Ok(None) };
        let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
        Ok(found.id.filter(|_| labels.contains_key(WORKLOAD_LABEL)).map(|id| Container {
            id,
            labels: labels.into_iter().collect(),
            state: state_of(found.state.as_ref()),
            ..Container::default()
        }))
    }

    /// Makes a container and returns its id.
    pub async fn create(&self, spec: &ContainerSpec) -> Result<String, DockerFault> {
        let docker = self.client()?;
        let options = CreateContainerOptionsBuilder::default().name(&spec.workload_id).build();
        let made = self.write(docker.create_container(Some(options), spec.create_body())).await?;
        for warning in made.warnings {
            tracing::warn!(workloadId = spec.workload_id, reason = warning, "docker warns");
        }
        Ok(made.id)
    }

    /// Starts a container; no harm is done if it runs.
    pub async fn start(&self, id: &str) -> Result<(), DockerFault> {
        let docker = self.client()?;
        self.write(docker.start_container(id, None::<StartContainerOptions>)).await
    }

    pub async fn unpause(&self, id: &str) -> Result<(), DockerFault> {
        let docker = self.client()?;
        self.write(docker.unpause_container(id)).await
    }

    /// Asks a container to stop, and kills it after a short grace.
    pub async fn stop(&self, id: &str) -> Result<(), DockerFault> {
        let docker = self.client()?;
        let options = StopContainerOptionsBuilder::default().t(STOP_GRACE_SECONDS).build();
        self.write(docker.stop_container(id, Some(options))).await
    }

    /// Removes a container whatever its state, with its anonymous volumes, and returns when it is gone.
    pub async fn remove(&self, id: &str) -> Result<(), DockerFault> {
        let docker = self.client()?;
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        match self.write(docker.remove_container(id, Some(options))).await {
            Err(fault) if fault.is_not_found() => Ok(()),
            Err(fault) if fault.is_conflict() => self.await_removal(id, fault).await,
            outcome => outcome,
        }
    }

    async fn await_removal(&self, id: &str, conflict: DockerFault) -> Result<(), DockerFault> {
        let deadline = tokio::time::Instant::now() + REMOVAL_DEADLINE;
        while tokio::time::Instant::now() < deadline {
            match self.inspect(id).await? {
                None => return Ok(()),
                Some(found) if state_of(found.state.as_ref()) != "removing" => {
                    return Err(conflict);
                }
                Some(_) => tokio::time::sleep(REMOVAL_POLL).await,
            }
        }
        Err(conflict)
    }

    async fn list(&self, label: String) -> Result<Vec<Container>, DockerFault> {
        let docker = self.client()?;
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let summaries = self.read(docker.list_containers(Some(options))).await?;
        let completed: Vec<Option<Container>> = futures::stream::iter(summaries)
            .map(|summary| self.complete(Container::from_summary(summary)))
            .buffered(INSPECT_AT_A_TIME)
            .collect()
            .await;
        Ok(completed.into_iter().flatten().collect())
    }

    /// Adds what a list does not tell. `None` when the container went away meanwhile.
    async fn complete(&self, container: Container) -> Option<Container> {
        if matches!(container.state.as_str(), "running" | "paused") {
            return Some(container);
        }
        match tokio::time::timeout(INSPECT_DEADLINE, self.inspect(&container.id)).await {
            Ok(Ok(Some(found))) => Some(container.with_state(found.state.unwrap_or_default())),
            Ok(Ok(None)) => None,
            // Docker answers an inspection only when the container's start or stop is done. The
            // others' states must not wait for it, and this one's is known, if not its reason.
            Ok(Err(_)) | Err(_) => Some(container),
        }
    }

    async fn inspect(&self, id: &str) -> Result<Option<ContainerInspectResponse>, DockerFault> {
        let docker = self.client()?;
        match self.read(docker.inspect_container(id, None::<InspectContainerOptions>)).await {
            Ok(found) => Ok(Some(found)),
            Err(fault) if fault.is_not_found() => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

/// The number in `Exited (137) 3 minutes ago`.
fn exit_code_in(status: &str) -> Option<i64> {
    let (code, _) = status.strip_prefix("Exited (")?.split_once(')')?;
    code.parse().ok()
}

fn state_of(state: Option<&ContainerState>) -> String {
    state.and_then(|state| state.status).map(|status| status.to_string()).unwrap_or_default()
}

#[cfg(test)]
#[path = "containers_tests.rs"]
mod tests;
