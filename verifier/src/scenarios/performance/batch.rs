//! A number of workloads, or of plain containers, from the first request to the last start.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use futures::future::join_all;
use persys_contract::WorkloadStatus;

use super::mix;
use crate::{
    context::Context,
    evidence::{Progress, StepError},
    load::Latencies,
    scenarios::support::{Watch, remove_at_the_end, until_gone, until_status},
};

/// A workload that takes longer to start counts as failed; on a slow machine twice as long.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How operations ended.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub succeeded: u64,
    /// How often, by what went wrong.
    pub failed: BTreeMap<String, u64>,
}

impl Tally {
    pub fn add<T>(&mut self, result: Result<T, StepError>) -> Option<T> {
        match result {
            Ok(value) => {
                self.succeeded += 1;
                Some(value)
            }
            Err(error) => {
                *self.failed.entry(error.message).or_default() += 1;
                None
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        for (why, count) in &other.failed {
            *self.failed.entry(why.clone()).or_default() += count;
        }
    }

    pub fn all(&self) -> u64 {
        self.succeeded + self.failed.values().sum::<u64>()
    }
}

/// Workloads that were handed in at once.
#[derive(Clone, Debug)]
pub struct Batch {
    pub ids: Vec<String>,
    /// The nodes that they were given to.
    pub nodes: BTreeSet<String>,
    /// From the first request to the last start of a container.
    pub took: Duration,
}

/// Hands workloads in, all at once, and waits until their containers have started.
pub async fn through_platform(
    cx: &Context,
    nodes: &[String],
    count: usize,
    tally: &mut Tally,
    responses: &mut Latencies,
) -> Result<Batch, StepError> {
    let gateway = cx.gateway();
    let workloads = mix::workloads(cx, nodes, count);
    let begun = Instant::now();
    let answers = join_all(workloads.iter().map(async |workload| {
        let answer = gateway.schedule(workload).await;
        (begun.elapsed(), answer)
    }))
    .await;
    let mut batch = Batch { ids: Vec::new(), nodes: BTreeSet::new(), took: Duration::ZERO };
    for (response, answer) in answers {
        responses.record(response);
        let reply = answer.map_err(StepError::from).and_then(|answer| answer.ok());
        if let Some(reply) = tally.add(reply) {
            remove_at_the_end(cx, &reply.workload_id);
            batch.ids.push(reply.workload_id);
            batch.nodes.insert(reply.node_id);
        }
    }
    let last = last_start(cx, &batch).await?;
    batch.took = last.saturating_duration_since(begun);
    Ok(batch)
}

/// When the last container of the batch has started, by the engines' own events.
async fn last_start(cx: &Context, batch: &Batch) -> Result<Instant, StepError> {
    let recordings = &cx.get::<Watch>()?.containers;
    let mut wait = cx
        .waiting(format!("the containers of {} workloads have started", batch.ids.len()))
        .within(cx.scaled(START_LIMIT, 2 * START_LIMIT));
    for node in &batch.nodes {
        wait = wait.wake_on_watch(recordings[node].changed());
    }
    wait.until(|| async {
        let mut starts: BTreeMap<String, Instant> = BTreeMap::new();
        for node in &batch.nodes {
            for event in recordings[node].events() {
                let workload = event.workload.filter(|_| event.action == "start");
                if let Some(workload) = workload {
                    starts.entry(workload).or_insert(event.seen);
                }
            }
        }
        let found: Vec<_> = batch.ids.iter().filter_map(|id| starts.get(id)).collect();
        match found.iter().max() {
            Some(last) if found.len() == batch.ids.len() => Progress::Ready(**last),
            _ => Progress::NotYet(format!("{} of {} have", found.len(), batch.ids.len())),
        }
    })
    .await
}

/// Waits until the platform too says that they run; each is an operation.
pub async fn confirm(cx: &Context, ids: &[String], tally: &mut Tally) {
    for id in ids {
        tally.add(until_status(cx, id, WorkloadStatus::Running).await);
    }
}

/// Deletes them, all at once, and waits until nothing is left; each is an operation.
pub async fn delete(cx: &Context, ids: &[String], tally: &mut Tally) {
    let gateway = cx.gateway();
    let answers = join_all(ids.iter().map(async |id| (id, gateway.delete(id).await))).await;
    for (id, answer) in answers {
        let accepted = match answer {
            Ok(exchange) if exchange.status == 202 => until_gone(cx, id).await,
            Ok(exchange) => Err(StepError::failed(exchange.to_string())),
            Err(error) => Err(error.into()),
        };
        tally.add(accepted);
    }
}

/// The same containers by a plain `docker run` loop; how long it took.
pub async fn plain_docker(cx: &Context, node: &str, count: usize) -> Result<Duration, StepError> {
    let docker = cx.docker(node);
    let containers = mix::plain(cx, count);
    for container in &containers {
        let (docker, name) = (docker.clone(), container.name.clone());
        cx.on_cleanup(format!("remove container {name}"), async move {
            docker.remove(&name).await?;
            Ok(())
        });
    }
    let begun = Instant::now();
    for container in &containers {
        docker.run(container).await?;
    }
    let took = begun.elapsed();
    for removed in join_all(containers.iter().map(|c| docker.remove(&c.name))).await {
        removed?;
    }
    Ok(took)
}
