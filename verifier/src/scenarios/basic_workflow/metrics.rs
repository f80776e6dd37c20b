//! The metrics that contract §7 lists, by name, type and labels.

use persys_contract::component;

use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepResult},
    probe::Scrape,
    scenarios::support::Component,
};

/// A metric of the contract. A `*_total` is a counter; what is a histogram, it says.
struct Metric {
    name: &'static str,
    labels: &'static [&'static str],
    /// Nothing need have been counted yet, so that there may be no series.
    rare: bool,
}

const fn metric(name: &'static str, labels: &'static [&'static str]) -> Metric {
    Metric { name, labels, rare: false }
}

const REQUESTS: &str = "persys_http_requests_total";
const REQUEST_TIMES: &str = "persys_http_request_duration_seconds";
const RECONCILE_TIMES: &str = "persys_reconcile_duration_seconds";
const MEMORY: &str = "process_resident_memory_bytes";

/// Every component has these.
const COMMON: [Metric; 5] = [
    metric(REQUESTS, &["service", "method", "route", "status"]),
    Metric { rare: true, ..metric("persys_auth_rejections_total", &["service", "reason"]) },
    metric(MEMORY, &[]),
    metric("process_open_fds", &[]),
    metric("process_cpu_seconds_total", &[]),
];

/// Of these the gateway tells.
const GATEWAY: [Metric; 1] = [metric("persys_schedulers_discovered", &[])];

/// Of these every scheduler tells.
const SCHEDULER: [Metric; 1] = [metric("persys_is_leader", &[])];

/// Of these the leader tells: it does what they are about.
const LEADER: [Metric; 3] = [
    metric("persys_workloads", &["status"]),
    metric("persys_nodes", &["status"]),
    Metric { rare: true, ..metric("persys_reconcile_actions_total", &["action", "result"]) },
];

pub async fn complete(cx: &mut Context) -> StepResult {
    // Each has answered somebody by now: here the leader has, who could be new.
    let metrics = cx.metrics();
    let leader = cx
        .wait("one scheduler leads, and has reconciled", || async {
            let leaders = metrics.leaders().await;
            let [leader] = &leaders[..] else {
                return Progress::not_yet(format!("leaders by persys_is_leader: {leaders:?}"));
            };
            match metrics.scheduler(leader).await {
                Ok(scrape) if times(&scrape, RECONCILE_TIMES) > 0.0 => {
                    Progress::Ready(leader.clone())
                }
                Ok(_) => Progress::not_yet(format!("{RECONCILE_TIMES} of {leader} tells of none")),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    let mut checks = cx.checks();
    for component in Component::all(cx) {
        let scrape = component.scrape(cx).await?;
        let mut listed: Vec<&Metric> = COMMON.iter().collect();
        match component.name {
            component::GATEWAY => listed.extend(&GATEWAY),
            component::SCHEDULER => listed.extend(&SCHEDULER),
            _ => {}
        }
        if component.name == component::SCHEDULER && component.machine == leader {
            listed.extend(&LEADER);
        }
        for metric in listed {
            has(&mut checks, &component, &scrape, metric);
        }
        measures_requests(&mut checks, &component, &scrape);
        tells_of_itself(cx, &mut checks, &component, &scrape).await?;
    }
    checks.finish()
}

/// How often something was timed: by a histogram or a summary, or by a gauge that is there.
fn times(scrape: &Scrape, name: &str) -> f64 {
    let count = scrape.value(&format!("{name}_count"), &[]);
    count.or_else(|| scrape.value(name, &[]).map(|_| 1.0)).unwrap_or_default()
}

fn has(checks: &mut Checks, component: &Component, scrape: &Scrape, metric: &Metric) {
    let Metric { name, labels, rare } = metric;
    let series: Vec<_> = scrape.series(name, &[]).collect();
    let there = !series.is_empty() || *rare;
    checks.is_true(&format!("{name} of {component}"), there, "there is no such series");
    for label in *labels {
        let without = series.iter().find(|s| s.labels.get(*label).is_none_or(String::is_empty));
        let detail = without.map(|s| format!("{:?} has none", s.labels)).unwrap_or_default();
        checks.is_true(
            &format!("label {label} of {name} of {component}"),
            without.is_none(),
            detail,
        );
    }
    if labels.contains(&"service") {
        let named = series.iter().all(|s| s.has(&[("service", component.name)]));
        let detail = format!("it is not {} everywhere", component.name);
        checks.is_true(&format!("service of {name} of {component}"), named, detail);
    }
    // A type need not be told.
    let kind = scrape.kind(name).filter(|kind| !matches!(*kind, "untyped" | "unknown"));
    if let Some(kind) = kind {
        let expected = if name.ends_with("_total") { "counter" } else { "gauge" };
        checks.equal(&format!("type of {name} of {component}"), kind, expected);
    }
    let sound = series.iter().all(|s| s.value.is_finite() && s.value >= 0.0);
    checks.is_true(&format!("values of {name} of {component}"), sound, "one is no count");
}

/// Requests are timed by a histogram whose last bucket holds all of them.
fn measures_requests(checks: &mut Checks, component: &Component, scrape: &Scrape) {
    let of = |ending: &str| format!("{REQUEST_TIMES}_{ending}");
    let name = format!("{REQUEST_TIMES} of {component}");
    checks.equal(&format!("type of {name}"), scrape.kind(REQUEST_TIMES), Some("histogram"));
    let count = scrape.value(&of("count"), &[]).unwrap_or_default();
    checks.is_true(&format!("requests in {name}"), count >= 1.0, format!("{count} were timed"));
    let all = scrape.value(&of("bucket"), &[("le", "+Inf")]);
    checks.equal(&format!("last bucket of {name}"), all, Some(count));
    let sum = scrape.value(&of("sum"), &[]);
    let sound = sum.is_some_and(|sum| sum.is_finite() && sum > 0.0);
    checks.is_true(&format!("time in {name}"), sound, format!("{sum:?} seconds"));
}

/// What a process says of its memory is about what the machine says of it.
async fn tells_of_itself(
    cx: &Context,
    checks: &mut Checks,
    component: &Component,
    scrape: &Scrape,
) -> StepResult {
    let report = cx.faults(&component.machine).component(component.name).await?;
    // With others below it the machine's figure is the sum of all of them.
    if let Some(figures) = report.figures.filter(|figures| figures.processes == 1) {
        let told = scrape.value(MEMORY, &[]).unwrap_or_default();
        let seen = figures.rss_bytes as f64;
        let name = format!("{MEMORY} of {component}, of which the machine says {seen}");
        checks.between(&name, told, seen / 2.0, seen * 2.0);
    }
    Ok(())
}
