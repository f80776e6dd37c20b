//! The plan is carried out, open-loop: what is due is done whether or not the last thing is over.

use std::sync::Arc;

use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{
    conduct::{Conduct, Tally},
    sampler::sample,
    stage::{Aftermath, Shared, Stage, settling},
};
use crate::{
    chaos::{ChaosOrder, Sample, Violation, judge_answers, judge_samples, read_history},
    context::Context,
    evidence::{StepError, StepResult},
};

pub async fn carried_out(cx: &mut Context) -> StepResult {
    let stage = cx.get::<Stage>()?;
    let began = Instant::now();
    let conduct = Arc::new(Conduct {
        probes: cx.probes(),
        recorder: cx.recorder().clone(),
        cast: stage.cast.clone(),
        history: stage.history.clone(),
        began,
        patience: cx.timings().request_timeout() * 2,
        folder: cx.given::<ChaosOrder>().and_then(|order| order.folder.clone()),
        tally: Shared::default(),
    });
    let samples: Shared<Vec<Sample>> = Shared::default();
    let mut looking = JoinSet::new();
    looking.spawn(sample(conduct.clone(), samples.clone()));
    // When the step is cut off the tasks end with it, and their faults are healed.
    let mut tasks = JoinSet::new();
    for (number, entry) in (0_u32..).zip(&stage.plan.entries) {
        sleep_until(began + std::time::Duration::from_millis(entry.at_ms)).await;
        tasks.spawn(conduct.clone().entry(number, entry.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| StepError::error(format!("an entry of the plan: {error}")))?;
    }
    drop(looking);
    let tally = conduct.tally.with(|tally| tally.clone());
    let samples = samples.with(std::mem::take);
    let violations = judged(stage, &samples);
    let healed = tally.healed.unwrap_or(began);
    let bound = settling(cx.topology(), &stage.plan, stage.bounds, cx.timeout_scale());
    let settled_by = healed.max(Instant::now()) + bound;
    let unhealed = tally.unhealed.clone();
    stage.tell(&violations);
    let broken = stage.history.broken();
    let looks = samples.iter().filter(|sample| sample.saw_all(cx.probes().dockers().len()));
    let result = enough(&tally, looks.count(), &violations, cx);
    cx.put(Aftermath { healed, settled_by, violations, unhealed });
    if let Some(error) = broken {
        return Err(StepError::error(format!("failed to write the history: {error}")));
    }
    result
}

/// What was wrong on the way, in order.
fn judged(stage: &Stage, samples: &[Sample]) -> Vec<Violation> {
    let (done, disturbances) = read_history(&stage.history.lines());
    let mut violations = judge_answers(&done);
    violations.extend(judge_samples(samples, &disturbances, stage.bounds, &stage.ground));
    for violation in &mut violations {
        // Samples know workloads by their ids alone.
        for (number, workload) in stage.cast.all() {
            violation.text = violation.text.replace(&workload.id, &format!("w{number}"));
        }
    }
    violations.sort_by_key(|violation| violation.at_ms);
    violations
}

/// A plan that disturbed nobody, or that nobody answered, proves nothing.
fn enough(tally: &Tally, samples: usize, violations: &[Violation], cx: &Context) -> StepResult {
    let Tally { operations, answered, disturbances, spared, .. } = tally;
    cx.record(
        "chaos",
        format!(
            "{operations} operations ({answered} answered), {disturbances} disturbances, {} spared, \
             {samples} looks that showed all containers and records, {} violations on the way",
            spared.len(),
            violations.len()
        ),
        json!({ "spared": spared, "violations": violations }),
    );
    for (name, value) in [
        ("chaos_operations", *operations),
        ("chaos_operations_answered", *answered),
        ("chaos_disturbances", *disturbances),
    ] {
        cx.measure(name, value as f64, "count");
    }
    match () {
        () if *operations == 0 => {
            Err(StepError::error("the plan has no operation, and proves nothing"))
        }
        () if *disturbances == 0 => Err(StepError::error(format!(
            "nothing was disturbed, so that nothing is proved; spared: {}",
            if spared.is_empty() { "the plan has no fault".to_owned() } else { spared.join("; ") }
        ))),
        () if *answered == 0 => Err(StepError::failed(format!(
            "none of {operations} operations was answered by anything but 5xx or silence"
        ))),
        () if samples == 0 => Err(StepError::error(
            "no look meanwhile showed the containers of every engine and the records of etcd",
        )),
        () => Ok(()),
    }
}
