//! An image that cannot be had, and then can (contract §6).

use persys_contract::{Workload, WorkloadStatus, topology::TestImage};

use super::victim::worker;
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    scenarios::support::{Submission, Watch, ends_on_sigterm, until_status},
};

/// Nobody listens there, so that Docker's answer comes at once and is always the same.
const REGISTRY: &str = "127.0.0.1:9";

/// The workload whose image is missing.
struct Missing {
    submission: Submission,
    image: String,
}

pub async fn missing(cx: &mut Context) -> StepResult {
    let image = format!("{REGISTRY}/persys-test/late:{}", cx.run_id());
    let workload = worker(cx, "late-image", &ends_on_sigterm("echo here at last"));
    let workload = Workload { image: Some(image.clone()), ..workload };
    let submission = Submission::through_gateway(cx, workload).await?;
    let id = submission.id();
    let shown = until_status(cx, id, WorkloadStatus::ImagePullBackOff).await?;
    let reason = shown.metadata.and_then(|metadata| metadata.reason).unwrap_or_default();
    let mut checks = cx.checks();
    // Docker's own message names the registry and why it could not be reached.
    checks.contains("reason", &reason, REGISTRY);
    checks.contains("reason", &reason, "connection refused");
    let containers = cx.docker(submission.node()).of_workload(id).await?;
    checks.equal("containers", containers.len(), 0);
    checks.finish()?;
    cx.put(Missing { submission, image });
    Ok(())
}

pub async fn then_present(cx: &mut Context) -> StepResult {
    let Missing { submission, image } = cx.take::<Missing>()?;
    let (id, node) = (submission.id(), submission.node());
    let docker = cx.docker(node);
    docker.tag(cx.topology().image(TestImage::Worker), &image).await?;
    let (engine, name) = (docker.clone(), image.clone());
    cx.on_cleanup(format!("take the name {image} away on {node}"), async move {
        engine.untag(&name).await.map(drop).map_err(StepError::from)
    });
    let since = tokio::time::Instant::now();
    until_status(cx, id, WorkloadStatus::Running).await?;
    cx.measure("time_to_run_once_image_is_present", since.elapsed().as_secs_f64(), "s");
    let container = docker.inspect(id).await?;
    let creations = cx.get::<Watch>()?.containers[node].actions(id);
    let mut checks = cx.checks();
    if let Some(container) = checks.some("container", container) {
        checks.equal("image", container.image(), image.as_str());
    }
    let creations = creations.iter().filter(|action| *action == "create").count();
    checks.equal("creations", creations, 1);
    checks.finish()?;
    let deletion = cx.gateway().delete(id).await?;
    if deletion.status == 202 { Ok(()) } else { Err(StepError::failed(deletion.to_string())) }
}
