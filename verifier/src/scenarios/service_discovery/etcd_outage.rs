//! etcd goes away and comes back.

use futures::future::{BoxFuture, join_all};
use persys_contract::{
    ErrorCode, Workload, WorkloadStatus, WorkloadType,
    component::ETCD,
    topology::{MachineRole, TestImage},
};
use reqwest::Method;

use super::site::{schedulers, until_known, until_named, until_one_leads};
use crate::{
    context::Context,
    evidence::{Progress, StepResult},
    probe::{ActiveFault, ApiProbe, Exchange, HttpRequest, ProbeError},
    scenarios::support::{
        Processes, Submission, ends_on_sigterm, refused_without_store, until_nodes_active,
        until_status,
    },
};

struct Outage {
    fault: ActiveFault,
    /// The name of the workloads that were handed in meanwhile.
    name: String,
    processes: Processes,
}

fn worker(cx: &Context, name: String) -> Workload {
    Workload {
        name,
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some(ends_on_sigterm("echo after all")),
        ..Workload::default()
    }
}

pub async fn refused(cx: &mut Context) -> StepResult {
    let processes = Processes::look(cx).await?;
    let machine = cx.topology().one(MachineRole::Etcd).0.to_owned();
    let fault = cx.faults(&machine).stop(ETCD).await?;
    let name = cx.unique("unstored");
    let workload = worker(cx, name.clone());
    cx.put(Outage { fault, name, processes });
    let mut asked: Vec<ApiProbe> = vec![cx.gateway()];
    asked.extend(schedulers(cx).keys().map(|machine| cx.scheduler(machine)));
    let mut questions: Vec<BoxFuture<'_, Result<Exchange, ProbeError>>> = Vec::new();
    for probe in &asked {
        for path in ["/workloads", "/nodes", "/cluster/metrics"] {
            questions.push(Box::pin(probe.send(HttpRequest::get(path))));
        }
        let order = HttpRequest::new(Method::POST, "/workloads/schedule").json(&workload);
        questions.push(Box::pin(probe.send(order)));
    }
    let mut checks = cx.checks();
    for answer in join_all(questions).await {
        let answer = answer.map_err(|error| error.failed())?;
        let what = format!("{} to {}", answer.question.what, answer.question.who);
        checks.is_true(
            &format!("{what} is refused with 503 store_unavailable"),
            answer.is_refusal(ErrorCode::StoreUnavailable),
            answer.to_string(),
        );
        let took = answer.attended();
        refused_without_store(cx, &mut checks, &format!("{what} is refused"), took);
    }
    let health = cx.gateway().health().await?;
    checks.is_true(
        "the gateway itself answers",
        health.exchange.is_success(),
        health.exchange.to_string(),
    );
    checks.finish()
}

pub async fn recovers(cx: &mut Context) -> StepResult {
    let Outage { fault, name, processes: before } = cx.take::<Outage>()?;
    fault.heal().await?;
    let all = schedulers(cx);
    for machine in all.keys() {
        let scheduler = cx.scheduler(machine);
        cx.wait(format!("the scheduler on {machine} reads from the store"), || async {
            match scheduler.workloads(&[]).await {
                Ok(answer) => Progress::from(answer.ok().map(drop)),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    }
    until_named(cx, &all).await?;
    until_known(cx, all.len()).await?;
    let machines: Vec<_> = all.keys().map(String::as_str).collect();
    until_one_leads(cx, &machines).await?;
    until_nodes_active(cx).await?;
    let submission = Submission::through_gateway(cx, worker(cx, cx.unique("stored"))).await?;
    until_status(cx, submission.id(), WorkloadStatus::Running).await?;
    let mut checks = cx.checks();
    Processes::look(cx).await?.are_those_of(&before, &[], &mut checks);
    // By now what was refused would be there, had it been written late.
    let stored = cx.etcd().workloads().await?;
    let half = stored.iter().filter(|record| record.value.name == name).count();
    checks.equal("records of what was refused", half, 0);
    for (node, docker) in cx.probes().dockers() {
        let label = format!("displayName={name}");
        let found = docker.list(&[&label]).await?.len();
        checks.equal(&format!("containers on {node} of what was refused"), found, 0);
    }
    checks.finish()
}
