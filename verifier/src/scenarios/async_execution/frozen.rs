//! Work that is accepted while those who are to do it stand still.

use std::time::Instant;

use persys_contract::{
    StoreKeys, WorkloadStatus,
    component::{AGENT, DOCKER},
};

use super::{
    timeouts::Before,
    workloads::{distinct_node, id_and_node, on_node},
};
use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepError, StepResult},
    probe::ActiveFault,
    scenarios::support::{Submission, Watch, at_once, until_status},
};

/// So often the record is looked at while nothing can happen.
const LOOKS: u32 = 5;

/// A workload that waits for what is frozen.
struct Waiting {
    fault: ActiveFault,
    submission: Submission,
}

/// A workload that came to run once what was frozen went on.
pub struct Started {
    pub submission: Submission,
    /// Its statuses until the next fault began, which may keep everybody from telling.
    pub undisturbed: Option<Vec<String>>,
}

/// The workloads of the scenario that had to wait.
#[derive(Default)]
pub struct Late(pub Vec<Started>);

pub async fn agent_frozen(cx: &mut Context) -> StepResult {
    let watch = Watch::start(cx).await?;
    cx.put(watch);
    let before = Before::take(cx).await?;
    cx.put(before);
    cx.put(Late::default());
    accepted_while_frozen(cx, AGENT, "frozen").await
}

pub async fn agent_thawed(cx: &mut Context) -> StepResult {
    runs_after_thaw(cx).await
}

pub async fn docker_frozen(cx: &mut Context) -> StepResult {
    accepted_while_frozen(cx, DOCKER, "slow").await
}

pub async fn docker_thawed(cx: &mut Context) -> StepResult {
    runs_after_thaw(cx).await
}

async fn accepted_while_frozen(cx: &mut Context, component: &str, prefix: &str) -> StepResult {
    let node = distinct_node(cx)?;
    until_active(cx, &node).await?;
    let workload = on_node(cx, prefix, &node);
    close_undisturbed(cx)?;
    let fault = cx.faults(&node).pause(component).await?;
    let submission = Submission::through_gateway(cx, workload).await?;
    let mut checks = cx.checks();
    at_once(cx, &mut checks, "the answer comes", &submission.exchange);
    checks.equal("node", submission.node(), node.as_str());
    checks.equal("status in the answer", submission.reply.status, WorkloadStatus::Scheduled);
    still_waiting(cx, &mut checks, &submission).await?;
    let state = cx.faults(&node).component(component).await?.component.state;
    checks.equal("the component meanwhile", state.as_str(), "paused");
    cx.put(Waiting { fault, submission });
    checks.finish()
}

/// The record is there, and those who ask for it have their answer at once.
async fn still_waiting(cx: &Context, checks: &mut Checks, submission: &Submission) -> StepResult {
    let id = submission.id();
    let stored = cx.etcd().workload(id).await?;
    checks.some(&format!("record at {}", StoreKeys::workload(id)), stored);
    for look in 1..=LOOKS {
        // Over a whole round of the monitor's, so that it is asked for while nobody can tell.
        let (from, pause) = (Instant::now(), cx.timings().monitor_interval() / LOOKS);
        cx.wait(format!("it is time for look {look} of {LOOKS}"), || async {
            match from.elapsed() >= pause {
                true => Progress::Ready(()),
                false => Progress::not_yet("nothing can happen"),
            }
        })
        .await?;
        let answer = cx.gateway().workload(id).await?;
        at_once(cx, checks, "GET of the workload is answered", &answer.exchange);
        let status = answer.ok()?.status;
        checks.differs("status while it cannot run", status, Some(WorkloadStatus::Running));
        checks.differs("status while it only waits", status, Some(WorkloadStatus::Failed));
    }
    let list = cx.gateway().workloads(&[]).await?;
    at_once(cx, checks, "GET /workloads is answered", &list.exchange);
    let events = cx.get::<Watch>()?.containers[submission.node()].actions(id);
    checks.equal("what Docker did for it", events, Vec::<String>::new());
    Ok(())
}

/// Nobody asks a second time.
async fn runs_after_thaw(cx: &mut Context) -> StepResult {
    let Waiting { fault, submission } = cx.take::<Waiting>()?;
    fault.heal().await?;
    let from = Instant::now();
    let (id, node) = id_and_node(&submission);
    until_status(cx, &id, WorkloadStatus::Running).await?;
    cx.measure("time_to_run_after_thaw", from.elapsed().as_secs_f64(), "s");
    let mut checks = cx.checks();
    let containers = cx.docker(&node).of_workload(&id).await?;
    checks.equal("containers", containers.len(), 1);
    let container = cx.docker(&node).inspect(&id).await?;
    if let Some(container) = checks.some("container", container) {
        checks.equal("state by Docker", container.status(), "running".to_owned());
        checks.equal("image", Some(container.image()), submission.workload.image.as_deref());
        let labels = container.labels();
        checks.equal("label workloadId", labels.get("workloadId"), Some(&id));
        let name = labels.get("displayName");
        checks.equal("label displayName", name, Some(&submission.workload.name));
    }
    let created = cx.get::<Watch>()?.containers[&node].actions(&id);
    let times = created.iter().filter(|action| *action == "create").count();
    checks.equal("times that a container was created", times, 1);
    cx.get_mut::<Late>()?.0.push(Started { submission, undisturbed: None });
    checks.finish()
}

/// Keeps what is told of those that run already, before another fault begins.
fn close_undisturbed(cx: &mut Context) -> StepResult {
    let records = cx.get::<Watch>()?.records.clone();
    for started in &mut cx.get_mut::<Late>()?.0 {
        let statuses = || records.statuses(started.submission.id());
        started.undisturbed.get_or_insert_with(statuses);
    }
    Ok(())
}

/// A node that was frozen for long has to be heard of again before it gets work.
pub async fn until_active(cx: &Context, node: &str) -> Result<(), StepError> {
    let gateway = cx.gateway();
    cx.wait(format!("{node} is active"), || async {
        let list = match gateway.nodes().await.map(|answer| answer.ok()) {
            Ok(Ok(list)) => list,
            Ok(Err(error)) => return Progress::unanswered(error),
            Err(error) => return Progress::unanswered(error),
        };
        match list.nodes.iter().find(|known| known.node_id == node).map(|known| known.status) {
            Some(Some(persys_contract::NodeStatus::Active)) => Progress::Ready(()),
            status => Progress::not_yet(format!("its status is {status:?}")),
        }
    })
    .await
}
