//! Whoever can write to DNS does not become a scheduler.

use std::net::{IpAddr, SocketAddr};

use persys_contract::{
    Discovery, Role, ServiceRecord, Workload, WorkloadType, component,
    topology::{MachineRole, TestImage},
};
use persys_identity::{Authority, CertificateSpec, IssuedCertificate};
use serde_json::json;

use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepError, StepResult},
    scenarios::support::{
        Component, Manner, Refusals, Refused, RogueServer, Submission, Visits, authority, unmade,
        until_nodes_active,
    },
};

/// How the gateway logs and counts a scheduler that it does not trust (contract §4).
const REASON: &str = "untrusted_scheduler";
/// Read requests that must succeed meanwhile.
const REQUESTS: usize = 20;

/// A rogue that is planted.
struct Planted {
    what: &'static str,
    server: RogueServer,
    key: String,
}

struct Rogues(Vec<Planted>);

pub async fn distrusted(cx: &mut Context) -> StepResult {
    let authority = authority(cx)?;
    until_nodes_active(cx).await?;
    let refusals = Refusals::begin(cx, &Component::gateway(cx)).await?;
    let mut rogues = Vec::new();
    for (what, shown) in certificates(cx, &authority)? {
        rogues.push(plant(cx, &authority, what, shown).await?);
    }
    let outcome = turned_away(cx, &rogues, &refusals).await;
    if outcome.is_err() {
        // Nothing that comes later is to be misled by them.
        for rogue in &rogues {
            cx.etcd().delete(&rogue.key).await?;
        }
    }
    cx.put(Rogues(rogues));
    outcome
}

async fn turned_away(cx: &Context, rogues: &[Planted], refusals: &Refusals) -> StepResult {
    let dns = cx.dns();
    cx.wait("DNS names the rogues", || async {
        let found = match dns.schedulers().await {
            Ok(found) => found,
            Err(error) => return Progress::not_yet(error.to_string()),
        };
        let named =
            |rogue: &Planted| found.iter().any(|one| SocketAddr::V4(*one) == rogue.server.address);
        if rogues.iter().all(named) {
            Progress::Ready(())
        } else {
            Progress::not_yet(format!("it names {found:?}"))
        }
    })
    .await?;

    // From before the gateway hears of them until it has turned away from all.
    requests_succeed(cx).await?;
    cx.wait("the gateway has come to each rogue and broken the handshake off", || async {
        for rogue in rogues {
            let visits = rogue.server.visits();
            if visits.finished > 0 {
                return Progress::failed(format!(
                    "the gateway trusts {}: it finished {} handshakes and sent {:?}",
                    rogue.what, visits.finished, visits.requests
                ));
            }
            if visits.broken_off.is_empty() {
                let connections = visits.connections;
                return Progress::not_yet(format!("{}: {connections} connections", rogue.what));
            }
        }
        Progress::Ready(())
    })
    .await?;
    requests_succeed(cx).await?;
    let workload = Workload {
        name: cx.unique("not-for-rogues"),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some("sleep 3600".into()),
        ..Workload::default()
    };
    let submission = Submission::through_gateway(cx, workload).await?;
    let stored = cx.etcd().workload(submission.id()).await?;

    let mut checks = cx.checks();
    checks.some("record in etcd of the workload that was handed in meanwhile", stored);
    for rogue in rogues {
        untouched(cx, &mut checks, rogue);
    }
    checks.finish()?;
    for rogue in rogues {
        refusals.logged(cx, REASON, &[Refused::at(rogue.server.address)]).await?;
    }
    let counted = refusals.counted(cx, REASON).await?;
    let mut checks = cx.checks();
    let wanted = rogues.len() as f64;
    let name = format!("the counter of {REASON} went up for each rogue");
    checks.is_true(&name, counted >= wanted, format!("by {counted}, for {wanted} rogues"));
    checks.finish()
}

async fn requests_succeed(cx: &Context) -> StepResult {
    for _ in 0..REQUESTS {
        cx.gateway().nodes().await?.ok()?;
    }
    Ok(())
}

/// Nobody has finished a handshake with it, let alone asked it for anything.
fn untouched(cx: &Context, checks: &mut Checks, rogue: &Planted) {
    let Visits { connections, broken_off, finished, requests, .. } = rogue.server.visits();
    let summary = format!("{}: {connections} connections", rogue.what);
    let data = json!({
        "address": rogue.server.address.to_string(),
        "connections": connections,
        "brokenOff": broken_off,
        "finished": finished,
        "requests": requests,
    });
    cx.record("rogue", summary, data);
    checks.equal(&format!("requests to {}", rogue.what), requests, Vec::<String>::new());
    checks.equal(&format!("handshakes finished with {}", rogue.what), finished, 0);
}

/// The visits must be over by then, and nothing of them stay.
pub async fn forgotten(cx: &mut Context) -> StepResult {
    let rogues = cx.take::<Rogues>()?.0;
    for rogue in &rogues {
        cx.etcd().delete(&rogue.key).await?;
    }
    let schedulers = Component::schedulers(cx).len();
    let (dns, gateway) = (cx.dns(), Component::gateway(cx));
    cx.wait("DNS and the gateway know the true schedulers alone", || async {
        let named = match dns.schedulers().await {
            Ok(named) => named.len(),
            Err(error) => return Progress::not_yet(error.to_string()),
        };
        let known = match gateway.scrape(cx).await {
            Ok(scrape) => scrape.value("persys_schedulers_discovered", &[]),
            Err(error) => return Progress::not_yet(error.message),
        };
        if named == schedulers && known == Some(schedulers as f64) {
            Progress::Ready(())
        } else {
            Progress::not_yet(format!("DNS names {named}, the gateway knows {known:?}"))
        }
    })
    .await?;
    cx.gateway().nodes().await?.ok()?;
    let mut checks = cx.checks();
    for rogue in &rogues {
        untouched(cx, &mut checks, rogue);
    }
    checks.finish()
}

/// One whose signer is not to be trusted, under its right address; and one of
/// the network's own servers under an address that is not its own.
fn certificates(
    cx: &Context,
    authority: &Authority,
) -> Result<[(&'static str, IssuedCertificate); 2], StepError> {
    let host = IpAddr::V4(cx.topology().one(MachineRole::Client).1.address);
    let right = CertificateSpec::server(component::SCHEDULER).with_role(Role::Prow).with_ip(host);
    let foreign = Authority::create().and_then(|foreign| foreign.issue(&right)).map_err(unmade)?;
    let (name, machine) = cx.topology().one(MachineRole::Scheduler);
    let elsewhere = CertificateSpec::server(component::SCHEDULER)
        .with_role(Role::Prow)
        .with_dns(name)
        .with_ip(machine.address);
    let elsewhere = authority.issue(&elsewhere).map_err(unmade)?;
    Ok([
        ("the rogue with a foreign authority's certificate", foreign),
        ("the rogue with another scheduler's name", elsewhere),
    ])
}

/// Starts a rogue and writes it into DNS, before all others.
async fn plant(
    cx: &Context,
    authority: &Authority,
    what: &'static str,
    shown: IssuedCertificate,
) -> Result<Planted, StepError> {
    let host = IpAddr::V4(cx.topology().one(MachineRole::Client).1.address);
    let server = RogueServer::start(host, &shown, authority, Manner::AnswersAll).await?;
    let key = Discovery::new(&cx.topology().domain).service_key(&cx.unique("rogue"));
    let record = ServiceRecord {
        priority: 1,
        weight: 100,
        ..ServiceRecord::new(host.to_string(), server.address.port())
    };
    let (etcd, gone) = (cx.etcd(), key.clone());
    cx.on_cleanup(format!("take {what} out of DNS"), async move {
        etcd.delete(&gone).await?;
        Ok(())
    });
    cx.etcd().put(&key, &serde_json::to_string(&record)?).await?;
    Ok(Planted { what, server, key })
}
