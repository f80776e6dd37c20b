//! Stored first, run afterwards.

use persys_contract::{StoreKeys, WorkloadStatus};

use super::create::{Web, Worker};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::RevisionClock,
    scenarios::support::{
        Watch, happy_path, one_of_that_name, running_when_started, stored_when_created,
    },
};

pub async fn stored_before_run(cx: &mut Context) -> StepResult {
    let web = cx.get::<Web>()?.0.clone();
    let clock = cx.take::<RevisionClock>()?;
    let (worker_id, worker_node, worker_name) = {
        let worker = cx.get::<Worker>()?;
        (worker.id.clone(), worker.node.clone(), worker.name.clone())
    };
    let mut checks = cx.checks();
    for (id, node) in [(web.id(), web.node()), (&worker_id, &worker_node)] {
        let watch = cx.get::<Watch>()?;
        let versions = watch.records.workload_versions(id);
        let Some((first, record)) = versions.first() else {
            checks
                .violated("record", format!("the history of {} is empty", StoreKeys::workload(id)));
            continue;
        };
        let created = watch.containers[node].first(id, "create").ok_or_else(|| {
            StepError::failed(format!("{node} never created a container for {id}"))
        })?;
        stored_when_created(&mut checks, &clock, first, &created)?;
        let stored_at = record.created_at.as_deref().and_then(crate::events::parse_timestamp);
        checks.some("createdAt of the first record", stored_at);
        checks.is_true(
            "the first record was written before the container was started",
            !matches!(record.status, None | Some(WorkloadStatus::Running)),
            format!("revision {} already says {:?}", first.revision, record.status),
        );
        let statuses = watch.records.statuses(id);
        checks.is_true(
            "statuses in the contract's order",
            happy_path(&statuses),
            format!("{statuses:?}"),
        );
        running_when_started(&mut checks, watch, node, id);
    }
    let watch = cx.get::<Watch>()?;
    for name in [&web.workload.name, &worker_name] {
        one_of_that_name(&mut checks, watch, name);
    }
    checks.finish()
}
