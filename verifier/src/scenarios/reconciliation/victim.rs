//! The workload that is broken again and again.

use std::collections::BTreeMap;

use persys_contract::{RestartPolicy, Workload, WorkloadStatus, WorkloadType, topology::TestImage};

use super::statistics::Before;
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::Container,
    scenarios::support::{Submission, Watch, ends_on_sigterm, until_nodes_active, until_status},
};

/// The workload that is broken again and again.
pub struct Victim(pub Submission);

pub async fn workload_runs(cx: &mut Context) -> StepResult {
    let watch = Watch::start(cx).await?;
    cx.put(watch);
    until_nodes_active(cx).await?;
    // Docker leaves a container alone that was stopped on purpose, so who
    // starts it again can only be the platform.
    let workload = worker(cx, "victim", &ends_on_sigterm("echo still here"));
    let workload = Workload {
        restart_policy: Some(RestartPolicy::UnlessStopped),
        env_vars: BTreeMap::from([("PERSYS_KEPT".to_owned(), cx.unique("kept"))]),
        volumes: vec![format!("/run/persys-volumes/{}:/data:ro", workload.name)],
        ..workload
    };
    let submission = Submission::through_gateway(cx, workload).await?;
    until_status(cx, submission.id(), WorkloadStatus::Running).await?;
    let before = Before::take(cx).await?;
    cx.put(before);
    cx.put(Victim(submission));
    Ok(())
}

/// A workload of the worker image that Docker itself never restarts.
pub fn worker(cx: &Context, name: &str, command: &str) -> Workload {
    Workload {
        name: cx.unique(name),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some(command.to_owned()),
        restart_policy: Some(RestartPolicy::No),
        ..Workload::default()
    }
}

/// The workload's container, which must run now.
pub async fn running(cx: &Context, id: &str, node: &str) -> Result<Container, StepError> {
    let docker = cx.docker(node);
    cx.wait(format!("{node} runs the container of workload {id}"), || async {
        match docker.inspect(id).await {
            Ok(Some(container)) if container.is_running() => Progress::Ready(container),
            Ok(Some(container)) => Progress::NotYet(container.status()),
            Ok(None) => Progress::not_yet("there is no container of that name"),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

/// The id of the workload that was broken.
pub fn victim_id(cx: &Context) -> Result<String, StepError> {
    Ok(cx.get::<Victim>()?.0.id().to_owned())
}

/// The agents' machines other than this one.
pub fn other_node(cx: &Context, node: &str) -> Result<String, StepError> {
    let other = cx.probes().agents().keys().find(|name| *name != node).cloned();
    other.ok_or_else(|| StepError::skipped("needs two agents, and the topology has one"))
}
