//! A scheduler, the one that leads, is killed, and comes back.

use std::time::{Duration, Instant};

use persys_contract::{
    Discovery, ErrorCode, Workload, WorkloadStatus, WorkloadType, topology::TestImage,
};
use reqwest::Method;
use serde_json::json;

use super::{
    registration::{Registrations, keys_of},
    site::{
        SCHEDULER, schedulers, several_schedulers, until_known, until_named, until_one_leads,
        until_serving,
    },
    traffic::{Traffic, judge, longest_failure, none_fails_later},
};
use crate::{
    context::Context,
    evidence::{Progress, StepResult},
    probe::{ActiveFault, ChangeKind},
    scenarios::support::{Submission, ends_on_sigterm, until_status},
};

/// How long etcd may take to notice that a lease has ended, and to tell.
const LATE: Duration = Duration::from_secs(4);
const LEASE: Duration = Duration::from_secs(Discovery::LEASE_SECONDS.unsigned_abs());
/// How long requests are watched beyond the time for which they may fail: two reads and two orders
/// are sent meanwhile.
const AFTERMATH: Duration = Duration::from_millis(1000);
/// A scheduler that is stopped ends within 5 s (contract §1), and it is told of.
const STOPS_WITHIN: Duration = Duration::from_secs(6);
/// On a slow machine: less than the ten seconds after which a supervisor kills it.
const KILLED_AFTER: Duration = Duration::from_secs(9);

/// The same on this machine: a lease that lasted twice as long would be none.
fn late(cx: &Context) -> Duration {
    cx.scaled(LATE, LEASE)
}

struct Death {
    machine: String,
    /// From when on requests count: just before the kill.
    at: Instant,
    /// The store's revision then.
    revision: i64,
    fault: ActiveFault,
    traffic: Traffic,
}

/// How long requests are watched.
fn aftermath(cx: &Context) -> Duration {
    longest_failure(cx) + AFTERMATH
}

fn survivors(cx: &Context, dead: &str) -> Vec<String> {
    schedulers(cx).into_keys().filter(|machine| machine != dead).collect()
}

pub async fn requests_go_on(cx: &mut Context) -> StepResult {
    let all = several_schedulers(cx)?;
    let machines: Vec<_> = all.keys().map(String::as_str).collect();
    let machine = until_one_leads(cx, &machines).await?;
    let traffic = Traffic::start(cx);
    // Both kinds are under way when it happens.
    traffic.until(cx, Instant::now(), Duration::from_millis(500)).await?;
    let revision = cx.etcd().status().await?.revision;
    let at = Instant::now();
    let fault = cx.faults(&machine).kill(SCHEDULER).await?;
    traffic.until(cx, at, aftermath(cx)).await?;
    let mut checks = cx.checks();
    judge(cx, &mut checks, &traffic.hits(), at)?;
    none_fails_later(cx, &mut checks, &traffic.hits(), at);
    cx.put(Death { machine, at, revision, fault, traffic });
    checks.finish()
}

pub async fn leader_fails_over(cx: &mut Context) -> StepResult {
    let death = cx.get::<Death>()?;
    let survivors = survivors(cx, &death.machine);
    let survivors: Vec<_> = survivors.iter().map(String::as_str).collect();
    let leader = until_one_leads(cx, &survivors).await?;
    let took = death.at.elapsed();
    cx.measure("time_to_new_leader", took.as_secs_f64(), "s");
    let limit = LEASE + late(cx);
    let mut checks = cx.checks();
    checks.is_true(
        "another leads once the lease has ended",
        took <= limit,
        format!("it took {took:.1?}, limit {limit:?}"),
    );
    checks.differs("the leader", leader.as_str(), death.machine.as_str());
    checks.finish()
}

pub async fn record_goes(cx: &mut Context) -> StepResult {
    let death = cx.get::<Death>()?;
    let history = cx.get::<Registrations>()?.history.clone();
    let limit = LEASE + late(cx);
    let (keys, after) = (keys_of(cx, &death.machine)?, death.revision);
    let mut checks = cx.checks();
    checks.equal("keys of the killed scheduler", keys.len(), 2);
    let mut last = Duration::ZERO;
    for key in &keys {
        let gone = cx
            .waiting(format!("{key} goes with its lease"))
            .wake_on_watch(history.changed())
            .until(|| async {
                match history.last(key) {
                    Some(change) if change.kind == ChangeKind::Delete => Progress::Ready(change),
                    _ => Progress::not_yet("it is there"),
                }
            })
            .await?;
        let took = gone.seen.saturating_duration_since(death.at);
        last = last.max(took);
        checks.is_true(
            &format!("{key} is deleted after the kill"),
            gone.revision > after,
            format!("at revision {}, the kill was at {after}", gone.revision),
        );
        checks.is_true(
            &format!("{key} goes within its lease"),
            took <= limit,
            format!("it took {took:.1?}, limit {limit:?}"),
        );
    }
    cx.measure("time_to_deregister_killed", last.as_secs_f64(), "s");
    let mut left = schedulers(cx);
    left.remove(&death.machine);
    until_named(cx, &left).await?;
    until_known(cx, left.len()).await?;
    checks.finish()
}

/// The others' records are there all the time, under the lease that they began with.
pub async fn survivors_kept_alive(cx: &mut Context) -> StepResult {
    let death = cx.get::<Death>()?;
    let registrations = cx.get::<Registrations>()?;
    let (history, since) = (registrations.history.clone(), registrations.since);
    let lease = Duration::from_secs(Discovery::LEASE_SECONDS.unsigned_abs());
    cx.wait("the leases have had time to end", || async {
        match since.elapsed() > lease {
            true => Progress::Ready(()),
            false => Progress::not_yet(format!("{:.1?} are over", since.elapsed())),
        }
    })
    .await?;
    let mut checks = cx.checks();
    for machine in survivors(cx, &death.machine) {
        let id = registrations.leases[&machine];
        let lives = cx.etcd().lease(id).await?.is_some();
        checks.is_true(&format!("the lease of {machine}"), lives, format!("{id:x} has ended"));
        for key in keys_of(cx, &machine)? {
            let deleted = history.of(&key).iter().any(|c| c.kind == ChangeKind::Delete);
            checks.is_true(&format!("{key} was there all the time"), !deleted, "it was deleted");
        }
    }
    let gaps = history.gaps();
    checks.equal("gaps in the history", gaps, Vec::<String>::new());
    checks.finish()
}

/// What needs a leader goes on too, and until now no request failed for long.
pub async fn survivor_serves(cx: &mut Context) -> StepResult {
    let workload = Workload {
        name: cx.unique("survivor"),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some(ends_on_sigterm("echo placed")),
        ..Workload::default()
    };
    let submission = Submission::through_gateway(cx, workload).await?;
    until_status(cx, submission.id(), WorkloadStatus::Running).await?;
    let death = cx.get::<Death>()?;
    let mut checks = cx.checks();
    judge(cx, &mut checks, &death.traffic.hits(), death.at)?;
    none_fails_later(cx, &mut checks, &death.traffic.hits(), death.at);
    checks.finish()
}

pub async fn returns(cx: &mut Context) -> StepResult {
    let Death { machine, fault, traffic, .. } = cx.take::<Death>()?;
    let from = Instant::now();
    fault.heal().await?;
    let all = schedulers(cx);
    until_named(cx, &all).await?;
    until_known(cx, all.len()).await?;
    until_serving(cx, &[&machine]).await?;
    cx.measure("time_to_use_returned", from.elapsed().as_secs_f64(), "s");
    let machines: Vec<_> = all.keys().map(String::as_str).collect();
    until_one_leads(cx, &machines).await?;
    let mut checks = cx.checks();
    judge(cx, &mut checks, &traffic.hits(), from)?;
    let history = cx.get::<Registrations>()?.history.clone();
    for key in keys_of(cx, &machine)? {
        let last = history.last(&key);
        let lease = last.filter(|c| c.kind == ChangeKind::Put).map_or(0, |c| c.entry.lease);
        checks.differs(&format!("lease of {key}"), lease, 0);
        let before = cx.get::<Registrations>()?.leases[&machine];
        checks.differs(&format!("lease of {key}, from before"), lease, before);
    }
    checks.finish()
}

struct Stopped {
    machine: String,
    fault: ActiveFault,
}

/// An orderly stop takes the records along at once.
pub async fn stopped_deregisters(cx: &mut Context) -> StepResult {
    let all = several_schedulers(cx)?;
    let machines: Vec<_> = all.keys().map(String::as_str).collect();
    let machine = until_one_leads(cx, &machines).await?;
    let history = cx.get::<Registrations>()?.history.clone();
    let keys = keys_of(cx, &machine)?;
    let traffic = Traffic::start(cx);
    traffic.until(cx, Instant::now(), Duration::from_millis(300)).await?;
    let at = Instant::now();
    let fault = cx.faults(&machine).stop(SCHEDULER).await?;
    let stopped = at.elapsed();
    let gone = || {
        let absent = |key: &String| {
            history.last(key).is_some_and(|change| change.kind == ChangeKind::Delete)
        };
        keys.iter().all(absent)
    };
    cx.waiting(format!("the records of {machine} are gone"))
        .wake_on_watch(history.changed())
        .within(late(cx))
        .until(|| async {
            if gone() { Progress::Ready(()) } else { Progress::not_yet("they are there") }
        })
        .await?;
    let survivors = survivors(cx, &machine);
    let survivors: Vec<_> = survivors.iter().map(String::as_str).collect();
    until_one_leads(cx, &survivors).await?;
    traffic.until(cx, at, aftermath(cx)).await?;
    let limit = cx.scaled(STOPS_WITHIN, KILLED_AFTER);
    let mut checks = cx.checks();
    checks.is_true(
        "it stops within 5 s (contract §1)",
        stopped <= limit,
        format!("it took {stopped:.1?}, limit {limit:?}"),
    );
    let exit = cx.faults(&machine).component(SCHEDULER).await?.component.exit;
    checks.equal("how it ended", exit.as_deref(), Some("code 0"));
    judge(cx, &mut checks, &traffic.hits(), at)?;
    cx.put(Stopped { machine, fault });
    checks.finish()
}

/// Nobody accepts a connection, which is another thing than to be late.
pub async fn none_left(cx: &mut Context) -> StepResult {
    let stopped = cx.get::<Stopped>()?.machine.clone();
    let mut faults = Vec::new();
    for machine in survivors(cx, &stopped) {
        faults.push(cx.faults(&machine).stop(SCHEDULER).await?);
    }
    let (gateway, nothing) = (cx.gateway(), json!({}));
    let (read, order) = tokio::join!(
        gateway.request(Method::GET, "/nodes", None),
        gateway.request(Method::POST, "/workloads/schedule", Some(&nothing))
    );
    let mut checks = cx.checks();
    for answer in [read, order] {
        let answer = answer.map_err(|error| error.failed())?;
        let what = format!("{} is refused with 502 scheduler_unreachable", answer.question.what);
        let told = answer.is_refusal(ErrorCode::SchedulerUnreachable);
        checks.is_true(&what, told, answer.to_string());
    }
    for fault in faults {
        fault.heal().await?;
    }
    checks.finish()?;
    let survivors = survivors(cx, &stopped);
    let survivors: Vec<_> = survivors.iter().map(String::as_str).collect();
    until_serving(cx, &survivors).await
}

pub async fn joins(cx: &mut Context) -> StepResult {
    let Stopped { machine, fault } = cx.take::<Stopped>()?;
    fault.heal().await?;
    let all = schedulers(cx);
    until_named(cx, &all).await?;
    until_known(cx, all.len()).await?;
    until_serving(cx, &[&machine]).await?;
    let machines: Vec<_> = all.keys().map(String::as_str).collect();
    until_one_leads(cx, &machines).await.map(drop)
}
