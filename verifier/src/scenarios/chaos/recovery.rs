//! Once the last fault is gone, users are served again, and soon.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

use super::stage::{Stage, aftermath};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    scenarios::support::{ends_on_sigterm, remove_at_the_end, until_gone, until_status},
};
use persys_contract::{
    NodeStatus, RestartPolicy, Workload, WorkloadStatus, WorkloadType, topology::TestImage,
};

/// Within which each kind of request succeeds: what hangs runs into its timeout, at the gateway
/// and at the user; then the gateway asks for schedulers anew, and silent nodes beat again.
fn bound(cx: &Context) -> Duration {
    let timings = cx.timings();
    let bound =
        (timings.request_timeout() + timings.discovery_interval() + timings.heartbeat_interval())
            * 2;
    bound.mul_f64(cx.timeout_scale())
}

pub async fn bounded(cx: &mut Context) -> StepResult {
    let since = aftermath(cx)?.healed;
    cx.get::<Stage>()?;
    let workload = Workload {
        id: uuid::Uuid::new_v4().to_string(),
        name: cx.unique("afterwards"),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some(ends_on_sigterm("echo afterwards")),
        restart_policy: Some(RestartPolicy::UnlessStopped),
        ..Workload::default()
    };
    let id = workload.id.clone();
    remove_at_the_end(cx, &id);
    let (gateway, cli) = (cx.gateway(), cx.cli());
    let (first, nodes) = (First { cx, since }, cx.probes().agents().len());
    first
        .success("schedule", || async {
            let answer = gateway.schedule(&workload).await?;
            // Of an answer that got lost the next one tells.
            if answer.status() == 409 { Ok(()) } else { answer.ok().map(drop) }
        })
        .await?;
    first.success("get", || async { gateway.workload(&id).await?.ok().map(drop) }).await?;
    first.success("list", || async { gateway.workloads(&[]).await?.ok().map(drop) }).await?;
    first
        .success("nodes", || async {
            let list = gateway.nodes().await?.ok()?.nodes;
            let active = list.iter().filter(|node| node.status == Some(NodeStatus::Active)).count();
            if active == nodes {
                Ok(())
            } else {
                Err(StepError::failed(format!("{active} of {nodes} nodes are active")))
            }
        })
        .await?;
    first.success("cli", || async { cli.run(["workload", "list"]).await?.ok().map(drop) }).await?;
    until_status(cx, &id, WorkloadStatus::Running).await?;
    cx.measure("time_to_first_run", since.elapsed().as_secs_f64(), "s");
    first
        .success("delete", || async {
            let exchange = gateway.delete(&id).await?;
            if [202, 404].contains(&exchange.status) {
                Ok(())
            } else {
                Err(StepError::failed(exchange.to_string()))
            }
        })
        .await?;
    until_gone(cx, &id).await
}

struct First<'a> {
    cx: &'a Context,
    since: Instant,
}

impl First<'_> {
    /// Waits for the first success of a request, at most until the bound.
    async fn success<F, Fut>(&self, name: &str, ask: F) -> StepResult
    where
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = StepResult> + Send,
    {
        // One that is asked late, since others came first, has its chance.
        let left = (self.since + bound(self.cx)).saturating_duration_since(Instant::now());
        let patience = left.max(self.cx.timings().request_timeout());
        self.cx
            .wait_within(format!("{name} succeeds again"), patience, || async {
                match ask().await {
                    Ok(()) => Progress::Ready(()),
                    Err(error) => Progress::NotYet(error.message),
                }
            })
            .await?;
        self.cx.measure(&format!("time_to_first_{name}"), self.since.elapsed().as_secs_f64(), "s");
        Ok(())
    }
}
