//! `complex-app`: three services in a chain, of which the last two wait for the first to be
//! healthy.

use std::time::Duration;

use persys_contract::{Workload, WorkloadStatus, topology::TestImage};

use super::containers::{Handed, environment};
use crate::{
    context::Context,
    evidence::{Progress, StepResult},
    probe::{DockerEvent, SERVICE_LABEL},
    scenarios::support::{
        CLOCKS, Submission, Watch, at_once, happy_path, test_workload, until_status,
    },
    workloads::TestWorkload,
};

pub const SERVICES: [&str; 3] = ["api", "db", "web"];
/// For at least so long a part of the project runs and the whole does not: its health is
/// looked at for the first time after a second.
const PART_RUNS: Duration = Duration::from_millis(800);

pub struct ComplexApp {
    pub handed: Handed,
    workload: Workload,
}

pub async fn created(cx: &mut Context) -> StepResult {
    let workload = test_workload(cx, TestWorkload::ComplexApp)?;
    let submission = Submission::through_gateway(cx, workload).await?;
    let mut checks = cx.checks();
    at_once(cx, &mut checks, "the answer comes", &submission.exchange);
    let stored = cx.etcd().workload(submission.id()).await?;
    if let Some(stored) = checks.some("the record in etcd", stored) {
        checks.equal("type in etcd", stored.value.kind, submission.workload.kind);
        checks.equal("compose in etcd", stored.value.compose, submission.workload.compose.clone());
        checks.equal("node in etcd", stored.value.node_id.as_deref(), Some(submission.node()));
    }
    let Submission { workload, reply, .. } = submission;
    let handed = Handed { id: reply.workload_id, node: reply.node_id, name: workload.name.clone() };
    cx.put(ComplexApp { handed, workload });
    checks.finish()
}

/// On both histories: the engine's says when each service started, etcd's when the platform
/// said that the workload runs.
pub async fn runs(cx: &mut Context) -> StepResult {
    let handed = cx.get::<ComplexApp>()?.handed.clone();
    until_status(cx, &handed.id, WorkloadStatus::Running).await?;
    let watch = cx.get::<Watch>()?;
    let (records, recording) = (&watch.records, &watch.containers[&handed.node]);
    let running = || {
        let versions = records.workload_versions(&handed.id).into_iter();
        let mut running = versions.filter(|(_, w)| w.status == Some(WorkloadStatus::Running));
        running.next().map(|(change, _)| change)
    };
    let (starts, running) = cx
        .waiting("both histories tell of the start of every service and of Running")
        .wake_on_watch(recording.changed())
        .until(|| async {
            let starts = starts(&recording.of_workload(&handed.id));
            match (starts.len() >= SERVICES.len(), running()) {
                (true, Some(running)) => Progress::Ready((starts, running)),
                (_, running) => Progress::not_yet(format!(
                    "{} services have started, Running is {}",
                    starts.len(),
                    if running.is_some() { "told" } else { "not told" }
                )),
            }
        })
        .await?;
    let mut checks = cx.checks();
    let order: Vec<_> = starts.iter().map(|(service, _)| service.as_str()).collect();
    checks.equal("services in the order in which they started", order, vec!["db", "api", "web"]);
    if let [(_, first), .., (_, last)] = &starts[..] {
        let alone = Duration::try_from(last.at - first.at).unwrap_or_default();
        checks.is_true(
            "for a while a part of it ran alone",
            alone >= PART_RUNS,
            format!("for {alone:?}, expected {PART_RUNS:?}: nothing was shown"),
        );
        // By this machine's clock and the node's.
        checks.is_true(
            "Running is told after the last service has started",
            running.seen_at + CLOCKS >= last.at,
            format!("told at {}, the last started at {}", running.seen_at, last.at),
        );
    }
    let statuses = records.statuses(&handed.id);
    checks.is_true(
        "statuses in the contract's order",
        happy_path(&statuses),
        format!("{statuses:?}"),
    );
    checks.finish()
}

/// The first start of each service, in order.
fn starts(events: &[DockerEvent]) -> Vec<(String, DockerEvent)> {
    let mut starts: Vec<(String, DockerEvent)> = Vec::new();
    for event in events.iter().filter(|event| event.action == "start") {
        let service = event.attributes.get(SERVICE_LABEL).cloned().unwrap_or_default();
        if !starts.iter().any(|(known, _)| *known == service) {
            starts.push((service, event.clone()));
        }
    }
    starts
}

pub async fn as_requested(cx: &mut Context) -> StepResult {
    let ComplexApp { handed, workload } = cx.get::<ComplexApp>()?;
    let mut checks = cx.checks();
    let containers = handed.containers(cx, &SERVICES, &mut checks).await?;
    let asked = |name: &str| workload.env_vars.get(name).map(String::as_str);
    let (host, key) = (("DB_HOST", asked("DB_HOST")), ("API_KEY", asked("API_KEY")));
    // What is asked for is for the file to refer to, and reaches no service that it does not
    // name it for.
    for (service, image, wanted) in [
        ("api", TestImage::Worker, [host, key]),
        ("web", TestImage::Web, [("DB_HOST", None), key]),
        ("db", TestImage::Worker, [("DB_HOST", None), ("API_KEY", None)]),
    ] {
        let container = containers.get(service);
        environment(&mut checks, service, container, &wanted);
        let own = container.map(|container| container.image());
        checks.equal(&format!("image of {service}"), own, Some(cx.topology().image(image)));
    }
    let project = handed.project(cx).await?;
    let belongings = cx.docker(&handed.node).belongings(&project).await?;
    let of = |kind: &str| belongings.iter().filter(|own| own.starts_with(kind)).count();
    checks.equal("networks of the project", of("network "), 2);
    checks.equal("volumes of the project", of("volume "), 1);
    checks.finish()
}
