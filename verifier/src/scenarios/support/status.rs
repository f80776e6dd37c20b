//! Waiting for a workload's status, as a user does: by asking the gateway.

use persys_contract::{Workload, WorkloadStatus};

use crate::{
    context::Context,
    evidence::{Progress, StepError},
};

/// Waits until the gateway says that a workload has this status.
pub async fn until_status(
    cx: &Context,
    id: &str,
    status: WorkloadStatus,
) -> Result<Workload, StepError> {
    let gateway = cx.gateway();
    cx.wait(format!("the gateway says that workload {id} is {status}"), || async {
        let workload = match gateway.workload(id).await {
            Ok(answer) => match answer.ok() {
                Ok(workload) => workload,
                Err(error) => return Progress::unanswered(error),
            },
            Err(error) => return Progress::unanswered(error),
        };
        if workload.status == Some(status) {
            return Progress::Ready(workload);
        }
        Progress::NotYet(describe(&workload))
    })
    .await
}

/// Waits until the gateway, etcd and every Docker Engine know nothing of a workload.
pub async fn until_gone(cx: &Context, id: &str) -> Result<(), StepError> {
    let (gateway, etcd, probes) = (cx.gateway(), cx.etcd(), cx.probes());
    cx.wait(format!("nothing is left of workload {id}"), || async {
        match gateway.workload(id).await.map(|answer| answer.found()) {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(workload))) => return Progress::NotYet(describe(&workload)),
            Ok(Err(error)) => return Progress::unanswered(error),
            Err(error) => return Progress::unanswered(error),
        }
        match etcd.workload(id).await {
            Ok(None) => {}
            Ok(Some(stored)) => {
                let revision = stored.entry.mod_revision;
                return Progress::not_yet(format!("etcd has its record at revision {revision}"));
            }
            Err(error) => return Progress::unanswered(error),
        }
        for (node, docker) in probes.dockers() {
            match docker.of_workload(id).await {
                Ok(containers) if containers.is_empty() => {}
                Ok(containers) => {
                    let count = containers.len();
                    return Progress::not_yet(format!("{node} has {count} container(s) of it"));
                }
                Err(error) => return Progress::unanswered(error),
            }
        }
        Progress::Ready(())
    })
    .await
}

fn describe(workload: &Workload) -> String {
    let status = workload.status.map_or("without status".to_owned(), |s| s.to_string());
    let reason = workload.metadata.as_ref().and_then(|m| m.reason.as_deref());
    match reason {
        Some(reason) => format!("{status}: {reason}"),
        None => status,
    }
}
