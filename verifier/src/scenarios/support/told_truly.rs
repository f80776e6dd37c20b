//! What a workload's record says against what Docker did, each by its own clock.

use std::collections::BTreeSet;

use persys_contract::{Workload, WorkloadStatus};
use time::Duration;

use super::Watch;
use crate::{
    context::Checks,
    evidence::{StepError, StepResult},
    probe::{Change, DockerEvent, RevisionClock},
};

/// The machines' clocks may differ by so much.
pub const CLOCKS: Duration = Duration::milliseconds(100);
/// A look at the store that comes later than that after a container tells nothing of its record.
const SOON: Duration = Duration::seconds(2);

/// The record says `Running` only once Docker has started the container. What is seen
/// of the record comes late if anything, so that a sound platform cannot fail here.
pub fn running_when_started(checks: &mut Checks, watch: &Watch, node: &str, id: &str) {
    let versions = watch.records.workload_versions(id);
    let told = versions.iter().find(|(_, record)| record.status == Some(WorkloadStatus::Running));
    let started = watch.containers.get(node).and_then(|docker| docker.first(id, "start"));
    let what = format!("when {id} is told to run");
    let Some((told, _)) = checks.some(&format!("a record of {id} that says Running"), told) else {
        return;
    };
    let Some(started) = checks.some(&format!("Docker's start of {id} on {node}"), started) else {
        return;
    };
    checks.is_true(
        &what,
        told.seen_at + CLOCKS >= started.at,
        format!("Running was seen at {}, the container started at {}", told.seen_at, started.at),
    );
}

/// The record is there before Docker makes the container: by etcd's own order, and not by the
/// record's `createdAt`, which the platform writes as it likes, nor by a watch, which may be late.
pub fn stored_when_created(
    checks: &mut Checks,
    clock: &RevisionClock,
    stored: &Change,
    created: &DockerEvent,
) -> StepResult {
    let revision = stored.revision;
    match clock.looked_after(created.at + CLOCKS) {
        Some(after) if after <= SOON => {}
        after => {
            let after = after.map_or("until now".to_owned(), |after| format!("for {after:.1}"));
            return Err(StepError::error(format!(
                "nobody looked at the store {after} after the container was created, limit {SOON}"
            )));
        }
    }
    let what = format!("a time before revision {revision}, in which the record was written");
    let Some(absent) = checks.some(&what, clock.last_before(revision)) else { return Ok(()) };
    checks.is_true(
        "the record is older than the container",
        absent <= created.at + CLOCKS,
        format!(
            "the store was short of revision {revision}, in which the record was written, at \
             {absent}, and the container was created at {}",
            created.at
        ),
    );
    Ok(())
}

/// One order makes one workload, whatever ways the order went.
pub fn one_of_that_name(checks: &mut Checks, watch: &Watch, name: &str) {
    let records = watch.records.changes();
    let ids: BTreeSet<String> = records
        .iter()
        .filter_map(|change| serde_json::from_slice::<Workload>(&change.entry.value).ok())
        .filter(|workload| workload.name == name)
        .map(|workload| workload.id)
        .collect();
    checks.equal(&format!("workloads named {name}, of {ids:?}"), ids.len(), 1);
}
