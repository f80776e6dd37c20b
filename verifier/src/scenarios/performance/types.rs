//! Workloads of every type of the strategy's test data, handed in at once.

use std::time::Instant;

use futures::future::join_all;
use persys_contract::{WorkloadStatus, topology::MachineRole};
use serde_json::json;

use super::{
    batch::{self, Tally},
    figures::Snapshot,
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    load::Latencies,
    scenarios::support::{remove_at_the_end, test_workload, until_status},
    workloads::TestWorkload,
};

/// So many of each type.
const EACH: usize = 2;

/// What the types together showed.
pub struct Types {
    pub tally: Tally,
    /// Of schedule requests, from their intended send time.
    pub schedule: Latencies,
    /// While all of them run.
    pub during: Snapshot,
}

pub async fn run_together(cx: &mut Context) -> StepResult {
    let mut workloads = Vec::new();
    // Without a GitHub there is nothing to clone from; the others are measured all the same.
    let github = cx.topology().with_role(MachineRole::Github).next().is_some();
    let types = TestWorkload::ALL.into_iter();
    let types: Vec<_> = types.filter(|which| github || *which != TestWorkload::GitRepo).collect();
    for which in types.iter().copied().cycle().take(EACH * types.len()) {
        let mut workload = test_workload(cx, which)?;
        // Two of them on one node would want the same one.
        workload.ports.clear();
        workloads.push(workload);
    }
    let gateway = cx.gateway();
    let (mut tally, mut schedule) = (Tally::default(), Latencies::default());
    let begun = Instant::now();
    let answers = join_all(workloads.iter().map(async |workload| {
        let answer = gateway.schedule(workload).await;
        (begun.elapsed(), answer)
    }))
    .await;
    let mut ids = Vec::new();
    for (response, answer) in answers {
        schedule.record(response);
        let reply = answer.map_err(StepError::from).and_then(|answer| answer.ok());
        if let Some(reply) = tally.add(reply) {
            remove_at_the_end(cx, &reply.workload_id);
            ids.push(reply.workload_id);
        }
    }
    let here: &Context = cx;
    let ends = join_all(ids.iter().map(|id| until_status(here, id, WorkloadStatus::Running))).await;
    let took = begun.elapsed();
    for end in ends {
        tally.add(end);
    }
    let during = Snapshot::take(&cx.probes()).await?;
    batch::delete(cx, &ids, &mut tally).await;
    let types: Vec<_> = types.into_iter().map(TestWorkload::name).collect();
    let text = format!(
        "types: {EACH} each of {} ran together {took:.1?} after the first request; schedule \
         requests: {schedule}",
        types.join(", ")
    );
    cx.record("load", text, json!({ "seconds": took.as_secs_f64(), "failed": tally.failed }));
    cx.measure("every_type_runs", took.as_secs_f64(), "s");
    let mut checks = cx.checks();
    // How many may fail at all is for a criterion to say; that a type fails is not.
    checks.equal("operations that failed", &tally.failed, &Default::default());
    cx.put(Types { tally, schedule, during });
    checks.finish()
}
