//! The leader dies while it mends something, and another finishes it (contract §6).

use persys_contract::{WorkloadStatus, component};

use super::victim::{Victim, running};
use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepError, StepResult},
    probe::{ActiveFault, Container},
    scenarios::support::{
        Component, Watch, one_leader, two_reconcile_passes, until_serves, until_status,
    },
};

/// The scheduler that was killed, and what was mended meanwhile.
struct Killed {
    fault: ActiveFault,
    machine: String,
    /// The container before the removal, and how many events it had had.
    before: Container,
    events: usize,
}

pub async fn repair_is_finished(cx: &mut Context) -> StepResult {
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    if cx.probes().schedulers().len() < 2 {
        return Err(StepError::skipped("needs two schedulers, and the topology has one"));
    }
    let leader = one_leader(cx, None).await?;
    let before = running(cx, id, node).await?;
    let watch = cx.get::<Watch>()?;
    let (records, recording) = (watch.records.clone(), watch.containers[node].clone());
    let earlier = records.workload_versions(id).len();
    let events = recording.of_workload(id).len();
    cx.faults(node).remove_container(before.id()).await?;
    cx.waiting("the leader has begun to make the container again")
        .wake_on_watch(records.changed())
        .every(std::time::Duration::from_millis(20))
        .until(|| async {
            let versions = records.workload_versions(id);
            let begun = versions
                .iter()
                .skip(earlier)
                .any(|(_, workload)| workload.status == Some(WorkloadStatus::Recreating));
            if begun { Progress::Ready(()) } else { Progress::not_yet("not yet recreating") }
        })
        .await?;
    let fault = cx.faults(&leader).kill(component::SCHEDULER).await?;
    let since = fault.since();
    cx.put(Killed { fault, machine: leader.clone(), before, events });
    one_leader(cx, Some(&leader)).await?;
    cx.measure("time_to_new_leader", since.elapsed().as_secs_f64(), "s");
    let after = running(cx, id, node).await?;
    until_status(cx, id, WorkloadStatus::Running).await?;
    cx.measure("time_to_repair_across_leaders", since.elapsed().as_secs_f64(), "s");
    let mut checks = cx.checks();
    let Killed { before, events, .. } = cx.get::<Killed>()?;
    checks.differs("the container's id", after.id(), before.id());
    started_once(cx, &mut checks, *events).await?;
    checks.finish()
}

/// That the victim was started once since it had had so many events, and is there once.
async fn started_once(cx: &Context, checks: &mut Checks, events: usize) -> StepResult {
    let victim = &cx.get::<Victim>()?.0;
    let (id, node) = (victim.id(), victim.node());
    let since_then = cx.get::<Watch>()?.containers[node].actions(id).split_off(events);
    let starts = since_then.iter().filter(|action| *action == "start").count();
    checks.equal("starts since the removal", starts, 1);
    for (machine, docker) in cx.probes().dockers() {
        let wanted = usize::from(machine == node);
        let containers = docker.of_workload(id).await?.len();
        checks.equal(&format!("containers on {machine}"), containers, wanted);
    }
    Ok(())
}

pub async fn comes_back(cx: &mut Context) -> StepResult {
    let Killed { fault, machine, events, .. } = cx.take::<Killed>()?;
    let victim = cx.get::<Victim>()?.0.clone();
    let (id, node) = (victim.id(), victim.node());
    let before = running(cx, id, node).await?;
    fault.heal().await?;
    until_serves(cx, &Component::scheduler(&machine), &cx.scheduler(&machine)).await?;
    two_reconcile_passes(cx).await?;
    one_leader(cx, None).await?;
    let after = running(cx, id, node).await?;
    let mut checks = cx.checks();
    checks.equal("container", after.id(), before.id());
    checks.equal("time of its last start", after.started_at(), before.started_at());
    // Over the death of one leader, and the return of it.
    started_once(cx, &mut checks, events).await?;
    checks.finish()
}
