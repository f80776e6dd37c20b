//! An order that was sent is not sent again (contract §3.1): neither when its connection
//! breaks, nor when no answer comes.
//!
//! Nobody can say what became of such an order. To have one for certain, a scheduler that
//! is one of the network's by its certificate takes the order whole and hangs up, or says
//! nothing.

use std::{
    net::{IpAddr, SocketAddr, SocketAddrV4},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use persys_contract::{
    ErrorCode, Role, ServiceRecord, StoreKeys, Workload, WorkloadType, component,
    topology::{MachineRole, TestImage},
};
use persys_identity::CertificateSpec;
use serde_json::json;

use super::{
    planted::{at, plant},
    site::{schedulers, until_known, until_named},
};
use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepError, StepResult},
    probe::{Exchange, Recording},
    scenarios::support::{
        HELD, Manner, RogueServer, authority, ends_on_sigterm, remove_at_the_end, unmade,
        until_nodes_active,
    },
};

/// So many orders are to be hung up on.
const ORDERS: usize = 3;
/// Between two orders: the gateway may leave a scheduler that hung up alone for a while.
const PAUSE: Duration = Duration::from_millis(200);

/// An order and what its sender was told.
struct Sent {
    id: String,
    answer: Exchange,
}

pub async fn not_repeated(cx: &mut Context) -> StepResult {
    let authority = authority(cx)?;
    until_nodes_active(cx).await?;
    let host = cx.topology().one(MachineRole::Client).1.address;
    let spec = CertificateSpec::server(component::SCHEDULER).with_role(Role::Prow);
    let shown = authority.issue(&spec.with_ip(IpAddr::V4(host))).map_err(unmade)?;
    let server = RogueServer::start(IpAddr::V4(host), &shown, &authority, Manner::HangsUp).await?;
    let records = cx.etcd().record(StoreKeys::WORKLOADS).await?;
    let mut all = schedulers(cx);
    let SocketAddr::V4(place) = server.address else {
        return Err(StepError::error("the verifier's own address is not of IPv4"));
    };
    // It is asked before all others.
    let key = plant(cx, &ServiceRecord { priority: 1, weight: 100, ..at(place) }).await?;
    all.insert(key.clone(), place);
    let outcome = hung_up_on(cx, &server, &records, &all).await;
    // Nothing that comes later is to be misled by it.
    cx.etcd().delete(&key).await?;
    until_known(cx, all.len() - 1).await?;
    outcome
}

async fn hung_up_on(
    cx: &Context,
    server: &RogueServer,
    records: &Recording,
    all: &std::collections::BTreeMap<String, SocketAddrV4>,
) -> StepResult {
    until_named(cx, all).await?;
    until_known(cx, all.len()).await?;
    // What is not answered takes the gateway's request timeout; the rest goes on meanwhile.
    let (unanswered, others) = tokio::join!(unanswered(cx, server), async {
        let sent = orders(cx, server).await?;
        Ok::<_, StepError>((sent, reads(cx, server).await?))
    });
    let (unanswered, (sent, reads)) = (unanswered?, others?);
    let mut checks = cx.checks();
    let late = unanswered.answer.is_refusal(ErrorCode::SchedulerTimeout);
    let told = unanswered.answer.to_string();
    checks.is_true("who sent an order that is not answered is told that it is late", late, told);
    nowhere_else(cx, &mut checks, records, &unanswered.id).await?;
    let visits = server.visits();
    for Sent { id, answer } in &sent {
        let got = visits.bodies.iter().filter(|body| body.contains(id)).count();
        if got == 0 {
            checks.is_true("an order that others got", answer.is_success(), answer.to_string());
            continue;
        }
        checks.equal(&format!("times that the order {id} was sent there"), got, 1);
        // Not that it was carried out, which nobody knows, nor that it was not.
        let told = answer.is_refusal(ErrorCode::SchedulerUnreachable);
        checks.is_true("who sent it is told that the connection broke", told, answer.to_string());
        nowhere_else(cx, &mut checks, records, id).await?;
    }
    let summary = format!("{} orders and {reads} reads were hung up on", visits.bodies.len());
    cx.record("rogue", summary, json!({ "requests": visits.requests }));
    checks.finish()
}

/// Sends orders until one of them has come to the scheduler and is not answered.
async fn unanswered(cx: &Context, server: &RogueServer) -> Result<Sent, StepError> {
    let gateway = cx.gateway();
    cx.waiting("an order came to a scheduler that does not answer it")
        .every(PAUSE)
        .until(|| async {
            let workload = Workload { name: cx.unique(HELD), ..order(cx) };
            remove_at_the_end(cx, &workload.id);
            let id = workload.id.clone();
            let answer = match gateway.schedule(&workload).await {
                Ok(answer) => answer.exchange,
                Err(error) => return Progress::Fatal(error.failed()),
            };
            match server.visits().held.iter().any(|body| body.contains(&id)) {
                true => Progress::Ready(Sent { id, answer }),
                false => Progress::not_yet(format!("others got it: {answer}")),
            }
        })
        .await
}

/// Sends orders until enough of them have come to the scheduler that hangs up.
async fn orders(cx: &Context, server: &RogueServer) -> Result<Vec<Sent>, StepError> {
    let gateway = cx.gateway();
    let sent = Mutex::new(Vec::new());
    let came = || server.visits().requests.iter().filter(|line| line.starts_with("POST ")).count();
    cx.waiting(format!("{ORDERS} orders came to a scheduler that hangs up"))
        .every(PAUSE)
        .until(|| async {
            let workload = order(cx);
            remove_at_the_end(cx, &workload.id);
            match gateway.schedule(&workload).await {
                Ok(answer) => {
                    let one = Sent { id: workload.id, answer: answer.exchange };
                    sent.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
                Err(error) => return Progress::Fatal(error.failed()),
            }
            match came() {
                enough if enough >= ORDERS => Progress::Ready(()),
                few => Progress::not_yet(format!("{few} did")),
            }
        })
        .await?;
    Ok(sent.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn order(cx: &Context) -> Workload {
    Workload {
        id: uuid::Uuid::new_v4().to_string(),
        name: cx.unique("hung-up-on"),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some(ends_on_sigterm("echo ordered once")),
        ..Workload::default()
    }
}

/// Reads go on meanwhile, although that scheduler hangs up on them too; how many it got.
async fn reads(cx: &Context, server: &RogueServer) -> Result<usize, StepError> {
    let gateway = cx.gateway();
    let came = || server.visits().requests.iter().filter(|line| line.starts_with("GET ")).count();
    cx.waiting("a read came to a scheduler that hangs up, and was served by another")
        .every(PAUSE)
        .until(|| async {
            match gateway.nodes().await.map(|answer| answer.ok()) {
                Ok(Ok(_)) if came() > 0 => Progress::Ready(came()),
                Ok(Ok(_)) => Progress::not_yet("none came"),
                Ok(Err(error)) => Progress::Fatal(error),
                Err(error) => Progress::Fatal(error.failed()),
            }
        })
        .await
}

/// No scheduler has stored it: its sender has the answer, so it would be there by now.
async fn nowhere_else(
    cx: &Context,
    checks: &mut Checks,
    records: &Recording,
    id: &str,
) -> StepResult {
    let key = StoreKeys::workload(id);
    let stored = cx.etcd().get(&key).await?.is_some();
    checks.equal(&format!("the order {id} was repeated elsewhere"), stored, false);
    checks.equal(&format!("writes of {key}"), records.of(&key).len(), 0);
    Ok(())
}
