//! Equal rounds: each starts the same containers by plain Docker, by the platform on
//! one agent, and by the platform on two, and reads meanwhile. What differs between
//! rounds is noise, or a leak; what is compared is measured in turn, so that a
//! machine that is slow for a while is slow for both.

use std::time::Duration;

use serde_json::json;

use super::{
    batch::{self, Tally},
    calibration::Calibration,
    figures::Snapshot,
    reads,
    verdict::unless_saturated,
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    load::{Latencies, LoadReport, OpenLoop},
    scenarios::support::Watch,
};

pub const ROUNDS: usize = 7;
/// Containers of each of the three batches of a round.
pub const BATCH: usize = 3;
/// How long each round reads.
const READS: Duration = Duration::from_secs(1);
/// At most so many reads at once, so that a moment of slowness in one round does not
/// make it open more connections than the others.
const IN_FLIGHT: usize = 8;

/// One round.
pub struct Round {
    pub plain: Duration,
    pub one_agent: Duration,
    /// Absent where there is only one agent.
    pub two_agents: Option<Duration>,
    /// How many workloads were accepted and came to run.
    pub started: usize,
    /// How many nodes got work in the last batch.
    pub shared_by: usize,
    pub reads: LoadReport,
    /// When everything of the round was gone again.
    pub after: Snapshot,
}

#[derive(Default)]
pub struct Rounds {
    pub all: Vec<Round>,
    pub tally: Tally,
    /// Of schedule requests, from their intended send time.
    pub schedule: Latencies,
}

pub async fn concurrent_workloads_run(cx: &mut Context) -> StepResult {
    let watch = Watch::start(cx).await?;
    cx.put(watch);
    let agents: Vec<String> = cx.probes().agents().keys().take(2).cloned().collect();
    let mut rounds = Rounds::default();
    for number in 1..=ROUNDS {
        let round = one(cx, &agents, &mut rounds).await?;
        let summary = format!(
            "round {number} of {ROUNDS}: {BATCH} containers by plain docker in {:?}, on one agent \
             in {:?}, on two in {:?}; reads: {}",
            round.plain, round.one_agent, round.two_agents, round.reads
        );
        let data = json!({ "round": number, "reads": round.reads.to_json() });
        cx.record("load", summary, data);
        rounds.all.push(round);
    }
    cx.measure(
        "schedule_response_max",
        rounds.schedule.max().unwrap_or_default().as_secs_f64(),
        "s",
    );
    cx.record("load", format!("schedule requests: {}", rounds.schedule), rounds.schedule.to_json());
    let mut checks = cx.checks();
    checks.equal("operations that failed", &rounds.tally.failed, &Default::default());
    cx.put(rounds);
    checks.finish()
}

async fn one(cx: &Context, agents: &[String], rounds: &mut Rounds) -> Result<Round, StepError> {
    let Rounds { tally, schedule, .. } = rounds;
    let plain = batch::plain_docker(cx, &agents[0], BATCH).await?;
    let one = batch::through_platform(cx, &agents[..1], BATCH, tally, schedule).await?;
    let two = match agents {
        [_, _, ..] => Some(batch::through_platform(cx, agents, BATCH, tally, schedule).await?),
        _ => None,
    };
    let shared_by = two.as_ref().map_or(1, |two| two.nodes.len());
    let mut ids = one.ids;
    let two_agents = two.map(|two| {
        ids.extend(two.ids);
        two.took
    });
    let rate = cx.get::<Calibration>()?.rate;
    let started = ids.len();
    let load = OpenLoop::new(rate, READS).warming_up(Duration::ZERO).in_flight(IN_FLIGHT);
    let client = reads::client(cx)?;
    let reads = unless_saturated(cx, || reads::list_workloads(&client, load)).await?;
    // Its connections are not to be found among what the round has left.
    drop(client);
    batch::confirm(cx, &ids, tally).await;
    batch::delete(cx, &ids, tally).await;
    let after = Snapshot::take(&cx.probes()).await?;
    Ok(Round { plain, one_agent: one.took, two_agents, started, shared_by, reads, after })
}
