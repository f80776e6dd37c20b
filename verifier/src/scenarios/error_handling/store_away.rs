//! etcd cannot be reached (contract §6, "etcd away").

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use persys_contract::{ErrorCode, WorkloadStatus, component, topology::MachineRole};
use persys_faultd::protocol::Direction;

use super::{
    links::cut,
    ongoing::begin,
    port_taken::deleted,
    steady::{Steady, pinned},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::{ActiveFault, DockerEvent},
    scenarios::support::{Submission, Watch, refused_without_store, until_status},
};

pub async fn link_cut(cx: &mut Context) -> StepResult {
    let fault = cut(cx, &machine(cx), MachineRole::Scheduler, Direction::Both).await?;
    is_away(cx, "store_link_cut", fault).await
}

pub async fn hears_nothing(cx: &mut Context) -> StepResult {
    let fault = cut(cx, &machine(cx), MachineRole::Scheduler, Direction::In).await?;
    is_away(cx, "store_hears_nothing", fault).await
}

pub async fn stopped(cx: &mut Context) -> StepResult {
    let fault = cx.faults(&machine(cx)).stop(component::ETCD).await?;
    is_away(cx, "store_stopped", fault).await
}

pub async fn frozen(cx: &mut Context) -> StepResult {
    let fault = cx.faults(&machine(cx)).pause(component::ETCD).await?;
    is_away(cx, "store_frozen", fault).await
}

/// The label with a workload's name (contract §3.3).
const DISPLAY_NAME: &str = "displayName";

/// How often the platform is asked at least while etcd restarts.
const ASKED: usize = 20;

/// A restart may show, as that the store does not answer, and in no other way.
pub async fn restarted(cx: &mut Context) -> StepResult {
    let (gateway, faults) = (cx.gateway(), cx.faults(&machine(cx)));
    let before = faults.component(component::ETCD).await?.component.pid;
    let over = AtomicBool::new(false);
    let restarting = async {
        let restarted = faults.restart(component::ETCD).await;
        over.store(true, Ordering::Relaxed);
        restarted
    };
    // Those that are quick would all be done before etcd has gone.
    let asking = async {
        let mut answers = Vec::new();
        while answers.len() < ASKED || !over.load(Ordering::Relaxed) {
            answers.push(gateway.workloads(&[]).await?);
        }
        Ok::<_, StepError>(answers)
    };
    let (restarted, answers) = tokio::join!(restarting, asking);
    restarted?;
    begin(cx, "store_restarted", Vec::new());
    let mut checks = cx.checks();
    for answer in answers? {
        let exchange = &answer.exchange;
        let fine = answer.ok().is_ok() || exchange.is_refusal(ErrorCode::StoreUnavailable);
        checks.is_true("served, or refused as store_unavailable", fine, exchange.to_string());
    }
    let after = faults.component(component::ETCD).await?.component.pid;
    checks.differs("process of etcd", after, before);
    checks.finish()
}

/// What the store had before, and what it gets after.
pub async fn restart_survived(cx: &mut Context) -> StepResult {
    super::ongoing::recovered(cx).await?;
    let (node, _) = cx.get::<Steady>()?.nodes()?;
    let submission = Submission::through_gateway(cx, pinned(cx, "afterwards", &node)).await?;
    until_status(cx, submission.id(), WorkloadStatus::Running).await?;
    deleted(cx, submission.id()).await
}

/// Nothing half-written: once the store is back, the workload that was refused
/// is nowhere in its history.
pub struct Refused(String);

async fn is_away(cx: &mut Context, name: &'static str, fault: ActiveFault) -> StepResult {
    begin(cx, name, vec![fault]);
    let (node, _) = cx.get::<Steady>()?.nodes()?;
    let workload = pinned(cx, "unstored", &node);
    cx.put(Refused(workload.name.clone()));
    let gateway = cx.gateway();
    let asked = Instant::now();
    let (read, order) = tokio::join!(gateway.workloads(&[]), gateway.schedule(&workload));
    let took = asked.elapsed();
    order?.refused(ErrorCode::StoreUnavailable)?;
    read?.refused(ErrorCode::StoreUnavailable)?;
    let health = gateway.plain().health().await?;
    let mut checks = cx.checks();
    refused_without_store(cx, &mut checks, "both are refused", took);
    checks.equal("status of the gateway's health", health.status, 200);
    for (node, placed) in cx.get::<Steady>()?.placed() {
        let container = cx.docker(node).inspect(placed.id()).await?;
        let runs = container.is_some_and(|container| container.is_running());
        checks.is_true(&format!("the container on {node} runs on"), runs, "it does not");
    }
    checks.finish()
}

pub async fn recovered(cx: &mut Context) -> StepResult {
    super::ongoing::recovered(cx).await?;
    let Refused(name) = cx.take::<Refused>()?;
    let gateway = cx.gateway();
    let workloads = cx
        .wait("the gateway lists the workloads", || async {
            match gateway.workloads(&[]).await {
                Ok(answer) => Progress::from(answer.ok()),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    let watch = cx.get::<Watch>()?;
    let changes = watch.records.changes();
    // It may be gone again by now: a container without record is removed.
    let events = watch.containers.values().flat_map(|node| node.events());
    let display = |event: &DockerEvent| event.attributes.get(DISPLAY_NAME).cloned();
    let made = events.filter(|event| display(event).as_ref() == Some(&name)).count();
    let written = changes.iter().any(|change| change.entry.text().contains(&name));
    let mut checks = cx.checks();
    let listed = workloads.iter().any(|workload| workload.name == name);
    checks.is_true("the refused workload is not listed", !listed, name.clone());
    checks.is_true("the refused workload was never written", !written, name);
    checks.equal("events of containers that were made for it", made, 0);
    checks.finish()
}

fn machine(cx: &Context) -> String {
    cx.topology().one(MachineRole::Etcd).0.to_owned()
}
