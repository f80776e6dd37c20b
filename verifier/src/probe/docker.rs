//! The Docker Engine of an agent, asked directly: what really runs.

use std::{collections::HashMap, future::Future, net::SocketAddrV4, sync::Arc, time::Duration};

use bollard::{
    Docker,
    errors::Error,
    query_parameters::{
        InspectContainerOptions, ListContainersOptions, LogsOptions, RemoveImageOptions,
        TagImageOptionsBuilder,
    },
};
use futures::StreamExt;
use persys_contract::WORKLOAD_LABEL;
use serde_json::{Value, json};

use super::{
    Cause, Container, DockerRecording, ProbeError, Question,
    docker_project::{NUMBER_LABEL, SERVICE_LABEL},
    docker_transport,
    error::cause_of,
    evidence::Evidence,
    setup::ProbeSetup,
};

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerVersion {
    pub version: String,
    pub api_version: String,
}

/// A container in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedContainer {
    pub id: String,
    /// Without Docker's leading slash.
    pub name: String,
    pub image: String,
    /// Docker's word: `running`, `exited`, ….
    pub state: String,
    pub labels: std::collections::BTreeMap<String, String>,
}

impl ListedContainer {
    /// The workload that it belongs to, by its label.
    pub fn workload(&self) -> Option<&str> {
        self.labels.get(WORKLOAD_LABEL).map(String::as_str)
    }

    /// Which of a project's containers it is, such as `web2`; empty of a workload that is no
    /// project.
    pub fn part(&self) -> String {
        let label = |name| self.labels.get(name).map_or("", String::as_str);
        format!("{}{}", label(SERVICE_LABEL), label(NUMBER_LABEL))
    }
}

/// Asks a Docker Engine, over mutual TLS as role `operator` unless the topology
/// has it plain; made by [`Probes::docker`](super::Probes::docker).
#[derive(Clone)]
pub struct DockerProbe {
    machine: Arc<str>,
    address: SocketAddrV4,
    docker: Docker,
    evidence: Evidence,
    timeout: Duration,
}

impl DockerProbe {
    pub(super) fn new(
        setup: &ProbeSetup,
        evidence: &Evidence,
        machine: &str,
    ) -> Result<Self, ProbeError> {
        let topology = setup.topology();
        let address = setup.socket(machine, topology.ports.docker)?;
        let credentials = topology.docker.tls.then(|| setup.credentials("operator")).transpose()?;
        let who = format!("the Docker Engine of {machine}");
        let docker = docker_transport::connect(&who, address, credentials.as_ref(), TIMEOUT)?;
        Ok(Self {
            machine: machine.into(),
            address,
            docker,
            evidence: evidence.clone(),
            timeout: TIMEOUT,
        })
    }

    pub fn machine(&self) -> &str {
        &self.machine
    }

    /// The same with another bound on each call.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Whether the engine answers, and what it is.
    pub async fn version(&self) -> Result<DockerVersion, ProbeError> {
        let answer =
            self.call("its version", |docker| async move { docker.version().await }).await?;
        let version = DockerVersion {
            version: answer.version.unwrap_or_default(),
            api_version: answer.api_version.unwrap_or_default(),
        };
        let data = json!({ "version": version.version, "apiVersion": version.api_version });
        self.saw(format!("Docker Engine {}", version.version), data);
        Ok(version)
    }

    /// A container, by its id or name. Containers of the platform bear their
    /// workload's id as name (contract §3.3).
    pub async fn inspect(&self, container: &str) -> Result<Option<Container>, ProbeError> {
        let name = container.to_owned();
        let answer = self
            .call(&format!("the container {container}"), move |docker| {
                let name = name.clone();
                async move {
                    found(docker.inspect_container(&name, None::<InspectContainerOptions>).await)
                }
            })
            .await?;
        let inspected = answer.map(Container::from);
        let shown = inspected.as_ref().map(Container::to_json);
        let status = inspected.as_ref().map_or_else(|| "absent".to_owned(), Container::status);
        self.saw(format!("container {container} is {status}"), json!({ "container": shown }));
        Ok(inspected)
    }

    /// Every container that bears a `workloadId` label, running or not.
    pub async fn workloads(&self) -> Result<Vec<ListedContainer>, ProbeError> {
        self.list(&[WORKLOAD_LABEL]).await
    }

    /// The containers of a workload, running or not, by their label.
    pub async fn of_workload(&self, id: &str) -> Result<Vec<ListedContainer>, ProbeError> {
        self.list(&[&format!("{WORKLOAD_LABEL}={id}")]).await
    }

    /// The containers, running or not, that bear all of these labels, each
    /// `name` or `name=value`; sorted by name.
    pub async fn list(&self, labels: &[&str]) -> Result<Vec<ListedContainer>, ProbeError> {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        let filters = HashMap::from([("label".to_owned(), labels.clone())]);
        let filters = (!labels.is_empty()).then_some(filters);
        let answer = self
            .call("its containers", move |docker| {
                let filters = filters.clone();
                let options = ListContainersOptions { all: true, filters, ..Default::default() };
                async move { docker.list_containers(Some(options)).await }
            })
            .await?;
        let mut containers: Vec<_> = answer
            .into_iter()
            .map(|summary| ListedContainer {
                id: summary.id.unwrap_or_default(),
                name: summary
                    .names
                    .and_then(|names| names.into_iter().next())
                    .map(|name| name.trim_start_matches('/').to_owned())
                    .unwrap_or_default(),
                image: summary.image.unwrap_or_default(),
                state: summary.state.map(|state| state.to_string()).unwrap_or_default(),
                labels: summary.labels.unwrap_or_default().into_iter().collect(),
            })
            .collect();
        containers.sort_by(|a, b| a.name.cmp(&b.name));
        let shown: Vec<_> = containers
            .iter()
            .map(|c| json!({ "id": c.id, "name": c.name, "image": c.image, "state": c.state }))
            .collect();
        let which =
            if labels.is_empty() { String::new() } else { format!(" with {}", labels.join(", ")) };
        let summary = format!("{} containers{which}", containers.len());
        self.saw(summary, json!({ "labels": labels, "containers": shown }));
        Ok(containers)
    }

    /// The last `lines` lines of a container's output and errors, as they came.
    pub async fn logs(&self, container: &str, lines: u32) -> Result<Option<String>, ProbeError> {
        let name = container.to_owned();
        let text = self
            .call(&format!("the logs of {container}"), move |docker| {
                let name = name.clone();
                let tail = lines.to_string();
                async move {
                    let options =
                        LogsOptions { stdout: true, stderr: true, tail, ..Default::default() };
                    let mut stream = docker.logs(&name, Some(options));
                    let mut text = String::new();
                    while let Some(line) = stream.next().await {
                        match found(line)? {
                            Some(line) => text.push_str(&line.to_string()),
                            None => return Ok(None),
                        }
                    }
                    Ok(Some(text))
                }
            })
            .await?;
        let data = json!({ "container": container, "lines": lines, "text": text });
        self.saw(format!("logs of container {container}"), data);
        Ok(text)
    }

    /// Whether the engine has an image, so that nothing has to be pulled.
    pub async fn has_image(&self, reference: &str) -> Result<bool, ProbeError> {
        let name = reference.to_owned();
        let answer = self
            .call(&format!("the image {reference}"), move |docker| {
                let name = name.clone();
                async move { found(docker.inspect_image(&name).await) }
            })
            .await?;
        let there = answer.is_some();
        let word = if there { "there" } else { "absent" };
        self.saw(
            format!("image {reference} is {word}"),
            json!({ "id": answer.and_then(|i| i.id) }),
        );
        Ok(there)
    }

    /// Gives an image that the engine has another name, `repository:tag`, as
    /// nothing but a test of what the platform does once an image is there would.
    pub async fn tag(&self, image: &str, name: &str) -> Result<(), ProbeError> {
        let Some((repository, tag)) = name.rsplit_once(':') else {
            return Err(ProbeError::setup(format!("read the tag of {name}")));
        };
        let (source, repository, tag) = (image.to_owned(), repository.to_owned(), tag.to_owned());
        self.call(&format!("the name {name} for {image}"), move |docker| {
            let source = source.clone();
            let options = TagImageOptionsBuilder::default().repo(&repository).tag(&tag).build();
            async move { docker.tag_image(&source, Some(options)).await }
        })
        .await?;
        self.saw(format!("{image} was named {name} too"), json!({ "image": image, "name": name }));
        Ok(())
    }

    /// Takes a name from an image; whether there was one.
    pub async fn untag(&self, name: &str) -> Result<bool, ProbeError> {
        let image = name.to_owned();
        let answer = self
            .call(&format!("the removal of the name {name}"), move |docker| {
                let image = image.clone();
                let options = RemoveImageOptions { force: true, ..Default::default() };
                async move { found(docker.remove_image(&image, Some(options), None).await) }
            })
            .await?;
        self.saw(format!("the name {name} was removed"), json!({ "name": name }));
        Ok(answer.is_some())
    }

    /// The folder on its machine in which the engine keeps images and containers.
    pub async fn root_folder(&self) -> Result<String, ProbeError> {
        let info = self.call("its folder", |docker| async move { docker.info().await }).await?;
        let folder = info.docker_root_dir.unwrap_or_default();
        self.saw(format!("it keeps everything in {folder}"), json!({ "folder": folder }));
        Ok(folder)
    }

    /// Records what happens to containers from now on. Nothing after this call
    /// is missed, even if it happens before the engine is listened to.
    pub async fn record(&self) -> Result<DockerRecording, ProbeError> {
        let now = self
            .call("its clock", |docker| async move { docker.info().await })
            .await?
            .system_time
            .unwrap_or_default();
        DockerRecording::start(self.clone(), &now)
    }

    pub(super) fn docker(&self) -> &Docker {
        &self.docker
    }

    pub(super) fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    pub(super) fn saw(&self, summary: String, mut data: Value) {
        data["machine"] = (*self.machine).into();
        self.evidence.saw("docker", format!("{}: {summary}", self.machine), data, Value::Null);
    }

    pub(super) async fn call<T, F>(
        &self,
        what: &str,
        ask: impl Fn(Docker) -> F,
    ) -> Result<T, ProbeError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let failed = match tokio::time::timeout(self.timeout, ask(self.docker.clone())).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => cause(&error, self.timeout),
            Err(_) => Cause::Timeout(self.timeout),
        };
        let who = format!("the Docker Engine of {}", self.machine);
        let question = Question::new(who, self.address, what);
        Err(self.evidence.unanswered("docker", question, failed))
    }
}

/// That something is not there is an answer.
pub(super) fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn cause(error: &Error, timeout: Duration) -> Cause {
    match error {
        Error::RequestTimeoutError => Cause::Timeout(timeout),
        Error::DockerResponseServerError { status_code, message } => {
            Cause::Protocol(format!("it answered {status_code}: {message}"))
        }
        error => cause_of(error, Cause::Broken),
    }
}
