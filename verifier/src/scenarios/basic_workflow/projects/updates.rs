//! What the platform tells of projects, against what is.

use persys_contract::{WORKLOAD_LABEL, WorkloadStatus};

use super::{
    cloned::{self, GitRepo},
    composed::{self, ComplexApp},
    containers::Handed,
};
use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepResult},
};

pub async fn status_agrees(cx: &mut Context) -> StepResult {
    let mut checks = cx.checks();
    let app = &cx.get::<ComplexApp>()?.handed;
    agrees(cx, &mut checks, app, composed::SERVICES.len()).await?;
    let repo = &cx.get::<GitRepo>()?.handed;
    agrees(cx, &mut checks, repo, cloned::SERVICES.len()).await?;
    checks.finish()
}

async fn agrees(cx: &Context, checks: &mut Checks, handed: &Handed, count: usize) -> StepResult {
    let Handed { id, node, name } = handed;
    let told = cx.gateway().workload(id).await?.ok()?;
    checks.equal(
        &format!("status of {name} by the API"),
        told.status,
        Some(WorkloadStatus::Running),
    );
    checks.equal(&format!("node of {name} by the API"), told.node_id.as_ref(), Some(node));
    let stored = cx.etcd().workload(id).await?;
    if let Some(stored) = checks.some(&format!("record of {name} in etcd"), stored) {
        checks.equal(&format!("status of {name} in etcd"), stored.value.status, told.status);
        checks.equal(&format!("node of {name} in etcd"), stored.value.node_id, told.node_id);
    }
    let listed = cx.agent(node).list().await?.ok()?.result;
    let own = || listed.iter().filter(|entry| entry.labels.get(WORKLOAD_LABEL) == Some(id));
    let running = own().filter(|entry| entry.status == "running").count();
    checks.equal(&format!("entries of {name} by the agent"), own().count(), count);
    checks.equal(&format!("running ones of {name} by the agent"), running, count);
    let containers = cx.docker(node).of_workload(id).await?;
    let running = containers.iter().filter(|container| container.state == "running").count();
    checks.equal(&format!("running containers of {name} by Docker"), running, count);
    Ok(())
}

/// As docker-compose itself shows them (contract §3.3).
pub async fn logs_captured(cx: &mut Context) -> StepResult {
    let ComplexApp { handed, .. } = cx.get::<ComplexApp>()?;
    let wanted =
        ["db_1  | the database is up", "api_1  | the api asks localhost", "web_1  | the web is up"];
    let gateway = cx.gateway();
    cx.wait(format!("the logs of {} are of all of its services", handed.name), || async {
        let logs = match gateway.workload(&handed.id).await.map(|answer| answer.ok()) {
            Ok(Ok(workload)) => workload.logs.unwrap_or_default(),
            Ok(Err(error)) => return Progress::unanswered(error),
            Err(error) => return Progress::unanswered(error),
        };
        match wanted.iter().find(|line| !logs.lines().any(|told| told == **line)) {
            None => Progress::Ready(()),
            Some(line) => Progress::not_yet(format!("they lack {line:?}, they are {logs:?}")),
        }
    })
    .await
}
