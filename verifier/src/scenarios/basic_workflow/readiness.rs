//! Every component answers in the way the contract gives it.

use persys_contract::topology::MachineRole;

use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
};

pub async fn components_ready(cx: &mut Context) -> StepResult {
    etcd_serves(cx).await?;
    dns_names_every_scheduler(cx).await?;
    schedulers_serve(cx).await?;
    gateway_serves(cx).await?;
    agents_serve(cx).await
}

async fn etcd_serves(cx: &Context) -> StepResult {
    let etcd = cx.etcd();
    cx.wait("etcd has a leader", || async {
        match etcd.status().await {
            Ok(status) if status.has_leader => Progress::Ready(()),
            Ok(status) => Progress::not_yet(format!("{status:?}")),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

async fn dns_names_every_scheduler(cx: &Context) -> StepResult {
    let (dns, port) = (cx.dns(), cx.topology().ports.scheduler);
    let mut wanted: Vec<_> = cx
        .topology()
        .with_role(MachineRole::Scheduler)
        .map(|(_, machine)| std::net::SocketAddrV4::new(machine.address, port))
        .collect();
    wanted.sort();
    cx.wait("CoreDNS names every scheduler", || async {
        match dns.schedulers().await {
            Ok(found) if found == wanted => Progress::Ready(()),
            Ok(found) => Progress::not_yet(format!("it names {found:?}, wanted {wanted:?}")),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

/// Over mutual TLS, with an answer that needs etcd.
async fn schedulers_serve(cx: &Context) -> StepResult {
    for (machine, scheduler) in cx.probes().schedulers() {
        cx.wait(format!("the scheduler on {machine} answers"), || async {
            match scheduler.nodes().await {
                Ok(answer) => Progress::from(answer.ok().map(drop)),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    }
    Ok(())
}

/// The gateway names a scheduler that exists.
async fn gateway_serves(cx: &Context) -> StepResult {
    let gateway = cx.gateway();
    let health = cx
        .wait("the gateway has found a scheduler", || async {
            match gateway.health().await {
                Ok(answer) => Progress::from(answer.ok()),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    let known: Vec<_> = cx
        .topology()
        .with_role(MachineRole::Scheduler)
        .map(|(_, machine)| machine.address.to_string())
        .collect();
    let mut checks = cx.checks();
    let named = known.iter().any(|address| health.prow_scheduler.contains(address));
    checks.is_true(
        "the gateway's scheduler is one of the topology's",
        named,
        format!("it says {:?}, the topology has {known:?}", health.prow_scheduler),
    );
    let plain = gateway.plain().health().await?;
    checks.equal("status of the plain /health", plain.status, 200);
    checks.finish()
}

async fn agents_serve(cx: &Context) -> StepResult {
    for (machine, agent) in cx.probes().agents() {
        let docker = cx.docker(machine);
        cx.wait(format!("the agent and the Docker Engine on {machine} answer"), || async {
            if let Err(error) = docker.version().await {
                return Progress::unanswered(error);
            }
            match agent.health().await {
                Ok(answer) => match answer.ok() {
                    Ok(health) if health.node_id == *machine => Progress::Ready(()),
                    Ok(health) => Progress::Fatal(StepError::failed(format!(
                        "the agent on {machine} says that it is {}",
                        health.node_id
                    ))),
                    Err(error) => Progress::unanswered(error),
                },
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    }
    Ok(())
}
