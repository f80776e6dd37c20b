//! Two workloads want the same port of a node (strategy §6 step 5).

use persys_contract::{Workload, WorkloadStatus};

use super::steady::{Steady, pinned};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    scenarios::support::{Submission, until_status},
};

const PORT: u16 = 18_473;

/// The one that has the port, and the one that wants it.
struct Rivals(Submission, Submission);

pub async fn refused_by_docker(cx: &mut Context) -> StepResult {
    let (node, _) = cx.get::<Steady>()?.nodes()?;
    let ports = vec![format!("{PORT}:80")];
    let holder = Workload { ports: ports.clone(), ..pinned(cx, "port-holder", &node) };
    let holder = Submission::through_gateway(cx, holder).await?;
    until_status(cx, holder.id(), WorkloadStatus::Running).await?;
    let wanting = Workload { ports, ..pinned(cx, "port-wanting", &node) };
    let wanting = Submission::through_gateway(cx, wanting).await?;
    let rivals = Rivals(holder, wanting);
    let told = told(cx, &rivals).await;
    if told.is_err() {
        // Tried again and again, its containers would come and go under the next steps.
        for id in [rivals.0.id(), rivals.1.id()] {
            let _ = cx.gateway().delete(id).await;
        }
    }
    cx.put(rivals);
    told
}

async fn told(cx: &Context, Rivals(holder, wanting): &Rivals) -> StepResult {
    let shown = until_status(cx, wanting.id(), WorkloadStatus::Failed).await?;
    let reason = shown.metadata.and_then(|metadata| metadata.reason).unwrap_or_default();
    let held = cx.gateway().workload(holder.id()).await?.ok()?;
    let mut checks = cx.checks();
    checks.contains("reason, in Docker's words", &reason, "port is already allocated");
    checks.contains("reason, in Docker's words", &reason, &PORT.to_string());
    checks.equal("status of the holder", held.status, Some(WorkloadStatus::Running));
    checks.finish()
}

pub async fn runs_once_free(cx: &mut Context) -> StepResult {
    let Rivals(holder, wanting) = cx.take::<Rivals>()?;
    let since = tokio::time::Instant::now();
    deleted(cx, holder.id()).await?;
    until_status(cx, wanting.id(), WorkloadStatus::Running).await?;
    cx.measure("time_to_recover_port_taken", since.elapsed().as_secs_f64(), "s");
    let container = cx.docker(wanting.node()).inspect(wanting.id()).await?;
    let mut checks = cx.checks();
    let ports = container.map(|container| container.ports());
    checks.equal("ports", ports, Some(vec![format!("{PORT}:80")]));
    checks.finish()?;
    deleted(cx, wanting.id()).await
}

pub async fn deleted(cx: &Context, id: &str) -> StepResult {
    let deletion = cx.gateway().delete(id).await?;
    if deletion.status == 202 { Ok(()) } else { Err(StepError::failed(deletion.to_string())) }
}
