//! Containers that should not be (contract §6: no record, or assigned elsewhere).

use persys_contract::{DockerRun, ErrorCode, StoreKeys, Workload, WorkloadStatus};

use super::victim::{Victim, other_node, running, worker};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    scenarios::support::{Submission, Watch, ends_on_sigterm, until_status},
};

/// How often a copy is ordered until one has run.
const ORDERS: usize = 10;

pub async fn of_deleted_workload(cx: &mut Context) -> StepResult {
    let workload = worker(cx, "stray", &ends_on_sigterm("echo nobody knows me"));
    let submission = Submission::through_gateway(cx, workload).await?;
    let (id, node) = (submission.id().to_owned(), submission.node().to_owned());
    until_status(cx, &id, WorkloadStatus::Running).await?;
    let since = tokio::time::Instant::now();
    if !cx.etcd().delete(&StoreKeys::workload(&id)).await? {
        return Err(StepError::failed(format!("etcd has no record of workload {id}")));
    }
    removed(cx, &id, &node).await?;
    cx.measure("time_to_remove_stray", since.elapsed().as_secs_f64(), "s");
    // Nobody may have written the record again.
    let record = cx.etcd().workload(&id).await?;
    let mut checks = cx.checks();
    checks.is_true("no record", record.is_none(), format!("{record:?}"));
    checks.finish()
}

pub async fn on_the_wrong_node(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, home) = (victim.id(), victim.node());
    let other = other_node(cx, home)?;
    let before = running(cx, id, home).await?;
    let Workload { image, command, name, .. } = victim.workload.clone();
    let order = DockerRun {
        workload_id: id.to_owned(),
        name: id.to_owned(),
        display_name: name,
        image: image.unwrap_or_default(),
        command,
        ..DockerRun::default()
    };
    let earlier = cx.get::<Watch>()?.containers[&other].actions(id).len();
    let since = tokio::time::Instant::now();
    let mut runs = false;
    for _ in 0..ORDERS {
        let answer = cx.agent(&other).run(&order).await?;
        // The platform may be so quick that the copy never gets to run.
        if answer.exchange.is_refusal(ErrorCode::Conflict) {
            continue;
        }
        answer.ok()?;
        runs = true;
        break;
    }
    if runs {
        removed(cx, id, &other).await?;
    } else {
        made(cx, id, &other, earlier).await?;
    }
    cx.measure("time_to_remove_copy", since.elapsed().as_secs_f64(), "s");
    let after = running(cx, id, home).await?;
    let mut checks = cx.checks();
    let copies = cx.docker(&other).of_workload(id).await?.len();
    checks.equal("containers on the other node", copies, 0);
    checks.equal("container on its own node", after.id(), before.id());
    checks.equal("time of its last start", after.started_at(), before.started_at());
    checks.finish()
}

/// Waits until the engine tells that the workload's container was made after so many events:
/// an agent that makes no copy when it is told to shows nothing.
async fn made(cx: &Context, id: &str, node: &str, earlier: usize) -> StepResult {
    let recording = &cx.get::<Watch>()?.containers[node];
    cx.waiting(format!("{node} has made a container of workload {id}, as it was ordered to"))
        .wake_on_watch(recording.changed())
        .within(cx.timings().reconcile_interval())
        .until(|| async {
            let since = recording.actions(id).split_off(earlier);
            match since.iter().any(|action| action == "create") {
                true => Progress::Ready(()),
                false => Progress::not_yet(format!("its events since: {since:?}")),
            }
        })
        .await
}

/// Waits for the end of a workload's containers on a node, which must have run
/// there, by the engine's list and its history.
async fn removed(cx: &Context, id: &str, node: &str) -> StepResult {
    let docker = cx.docker(node);
    let recording = &cx.get::<Watch>()?.containers[node];
    cx.waiting(format!("the container of workload {id} is removed from {node}"))
        .wake_on_watch(recording.changed())
        .until(|| async {
            let actions = recording.actions(id);
            if !actions.iter().any(|action| action == "start") {
                return Progress::not_yet("it was not started yet");
            }
            if !actions.iter().any(|action| action == "destroy") {
                return Progress::not_yet(format!("its events: {actions:?}"));
            }
            match docker.of_workload(id).await {
                Ok(containers) if containers.is_empty() => Progress::Ready(()),
                Ok(containers) => Progress::not_yet(format!("{} are there", containers.len())),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await
}
