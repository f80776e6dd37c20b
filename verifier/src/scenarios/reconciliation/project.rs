//! A project that has lost one of its containers (contract §3.3, §6).

use std::{collections::BTreeMap, time::Instant};

use persys_contract::{ReconcileAction, WorkloadStatus};
use time::OffsetDateTime;

use super::account::Account;
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::SERVICE_LABEL,
    scenarios::support::{Submission, test_workload, until_status},
    workloads::TestWorkload,
};

/// The service that loses its container.
const LOST: &str = "web";

/// A container and when it was started last, by service.
type Running = BTreeMap<String, (String, Option<OffsetDateTime>)>;

/// What is lacking is made again, and the rest is left alone.
pub async fn made_whole(cx: &mut Context) -> StepResult {
    let workload = test_workload(cx, TestWorkload::ComplexApp)?;
    let submission = Submission::through_gateway(cx, workload).await?;
    let (id, node) = (submission.id(), submission.node());
    until_status(cx, id, WorkloadStatus::Running).await?;
    let mut before = running(cx, id, node).await?;
    let Some((lost, _)) = before.remove(LOST) else {
        return Err(StepError::failed(format!("no container of {LOST} runs, only {before:?}")));
    };
    let account = Account::open(cx, id).await?;
    let since = Instant::now();
    cx.faults(node).remove_container(&lost).await?;
    let mut after = cx
        .wait(format!("{LOST} of workload {id} has a container again"), || async {
            match running(cx, id, node).await {
                Ok(running) if running.get(LOST).is_some_and(|(new, _)| *new != lost) => {
                    Progress::Ready(running)
                }
                Ok(running) => Progress::not_yet(format!("{:?} run", running.keys())),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    cx.measure("time_to_repair_project", since.elapsed().as_secs_f64(), "s");
    until_status(cx, id, WorkloadStatus::Running).await?;
    account.tells_of(cx, id, ReconcileAction::Recreate).await?;
    after.remove(LOST);
    let mut checks = cx.checks();
    checks.equal("the other services' containers and their starts", after, before);
    let containers = cx.docker(node).of_workload(id).await?.len();
    checks.equal("containers", containers, 3);
    checks.finish()?;
    let deletion = cx.gateway().delete(id).await?;
    if deletion.status == 202 { Ok(()) } else { Err(StepError::failed(deletion.to_string())) }
}

async fn running(cx: &Context, id: &str, node: &str) -> Result<Running, StepError> {
    let docker = cx.docker(node);
    let mut running = Running::new();
    for listed in docker.of_workload(id).await? {
        let Some(container) = docker.inspect(&listed.id).await? else { continue };
        if container.is_running() {
            let service = container.labels().remove(SERVICE_LABEL).unwrap_or_default();
            running.insert(service, (container.id().to_owned(), container.started_at()));
        }
    }
    Ok(running)
}
