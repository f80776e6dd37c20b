//! The strategy's criteria, judged on what the load steps measured.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{
    calibration::Calibration,
    reads::Steady,
    rounds::{BATCH, Round, Rounds},
    types::Types,
    verdict::judge,
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    load::Percentile,
};

const RESPONSE_LIMIT: Duration = Duration::from_secs(5);
const WORKLOADS_A_MINUTE: f64 = 10.0;
pub const SUCCESS: f64 = 0.95;
/// Of the rate of a plain `docker run` loop.
const OF_PLAIN_DOCKER: f64 = 0.8;
/// Of the rate on one agent. Test machines share the processors of one host, so a
/// second agent need not make it faster; it must not get in the way.
const OF_ONE_AGENT: f64 = 0.6;

pub async fn response(cx: &mut Context) -> StepResult {
    let mut reads = cx.get::<Steady>()?.report.response.clone();
    cx.get::<Rounds>()?.all.iter().for_each(|round| reads.merge(&round.reads.response));
    let mut schedule = cx.get::<Rounds>()?.schedule.clone();
    schedule.merge(&cx.get::<Types>()?.schedule);
    let null = &cx.get::<Calibration>()?.null_server.response;
    let Some(read) = reads.max() else {
        return Err(StepError::failed("no read was answered"));
    };
    let Some(slowest) = schedule.max() else {
        return Err(StepError::failed("no schedule request was answered"));
    };
    let times = match (reads.at(Percentile::P50), null.at(Percentile::P50)) {
        (Some(read), Some(null)) => read.as_secs_f64() / null.as_secs_f64().max(1e-6),
        _ => f64::NAN,
    };
    let text = format!(
        "response: slowest read {read:.1?} of {} at {}/s, slowest schedule request {slowest:.1?} of \
         {}, limit {RESPONSE_LIMIT:?}; reads take {times:.1} times as long as a \
         server that does nothing (p50)",
        reads.count(),
        cx.get::<Calibration>()?.rate,
        schedule.count()
    );
    let data = json!({ "reads": reads.to_json(), "schedule": schedule.to_json() });
    judge(cx, text, data, read < RESPONSE_LIMIT && slowest < RESPONSE_LIMIT)
}

pub async fn throughput(cx: &mut Context) -> StepResult {
    let rounds = &cx.get::<Rounds>()?.all;
    let batches = rounds.iter().flat_map(|round| [Some(round.one_agent), round.two_agents]);
    let took: Vec<Duration> = batches.flatten().collect();
    let started = rounds.iter().map(|round| round.started).sum();
    let rate = a_minute(started, took.iter().sum());
    cx.measure("workloads_per_minute", rate, "1/min");
    let text = format!(
        "throughput: {rate:.0} workloads a minute over {started} workloads, limit more than \
         {WORKLOADS_A_MINUTE}"
    );
    judge(cx, text, json!({ "perMinute": rate }), started > 0 && rate > WORKLOADS_A_MINUTE)
}

pub async fn success(cx: &mut Context) -> StepResult {
    let steady = &cx.get::<Steady>()?.report;
    let rounds = cx.get::<Rounds>()?;
    let reads = || std::iter::once(steady).chain(rounds.all.iter().map(|round| &round.reads));
    let mut tally = rounds.tally.clone();
    tally.merge(&cx.get::<Types>()?.tally);
    let succeeded = tally.succeeded + reads().map(|report| report.succeeded).sum::<u64>();
    let all = tally.all() + reads().map(|report| report.sent).sum::<u64>();
    let mut failures: BTreeMap<String, u64> = tally.failed.clone();
    for (why, count) in reads().flat_map(|report| &report.failed) {
        *failures.entry(format!("GET /workloads: {why}")).or_default() += count;
    }
    if all == 0 {
        return Err(StepError::failed("there are no operations to judge"));
    }
    let rate = succeeded as f64 / all as f64;
    cx.measure("success_rate", rate * 100.0, "%");
    let mut text = format!(
        "success: {:.2} % of {all} operations, limit more than {} %; {} of them were on workloads",
        rate * 100.0,
        SUCCESS * 100.0,
        tally.all()
    );
    for (why, count) in &failures {
        text.push_str(&format!("\n  {count} × {why}"));
    }
    // Many reads must not hide that workloads failed.
    let workloads = tally.succeeded as f64 / tally.all().max(1) as f64;
    judge(cx, text, json!({ "failures": failures }), rate > SUCCESS && workloads > SUCCESS)
}

pub async fn plain_docker(cx: &mut Context) -> StepResult {
    let rounds = &cx.get::<Rounds>()?.all;
    let (plain, platform) = sums(rounds, |round| Some((round.plain, round.one_agent)));
    let samples = rounds.len() * BATCH;
    let ratio = plain.as_secs_f64() / platform.as_secs_f64();
    cx.measure("of_plain_docker", ratio, "");
    let text = format!(
        "plain docker: {ratio:.2} of the rate of a docker run loop on the same engine, limit at \
         least {OF_PLAIN_DOCKER}: {:.0} against {:.0} a minute over {samples} containers each",
        a_minute(samples, platform),
        a_minute(samples, plain)
    );
    judge(cx, text, json!({ "ratio": ratio }), ratio >= OF_PLAIN_DOCKER)
}

pub async fn scaling(cx: &mut Context) -> StepResult {
    let rounds = &cx.get::<Rounds>()?.all;
    if rounds.iter().any(|round| round.two_agents.is_none()) {
        return Err(StepError::skipped("needs two agents, and the topology has one"));
    }
    let (one, two) = sums(rounds, |round| Some((round.one_agent, round.two_agents?)));
    let unshared = rounds.iter().filter(|round| round.shared_by < 2).count();
    let samples = rounds.len() * BATCH;
    let ratio = one.as_secs_f64() / two.as_secs_f64();
    cx.measure("two_agents_against_one", ratio, "");
    let text = format!(
        "scaling: two agents start workloads at {ratio:.2} times the rate of one, limit at least \
         {OF_ONE_AGENT}, over {samples} workloads each; {unshared} of {} rounds left an agent out, \
         limit 0",
        rounds.len()
    );
    judge(cx, text, json!({ "ratio": ratio }), ratio >= OF_ONE_AGENT && unshared == 0)
}

fn sums(
    rounds: &[Round],
    pair: impl Fn(&Round) -> Option<(Duration, Duration)>,
) -> (Duration, Duration) {
    let add = |(a, b): (Duration, Duration), (c, d)| (a + c, b + d);
    rounds.iter().filter_map(pair).fold((Duration::ZERO, Duration::ZERO), add)
}

fn a_minute(count: usize, took: Duration) -> f64 {
    if took.is_zero() { 0.0 } else { count as f64 * 60.0 / took.as_secs_f64() }
}
