//! Links between machines are cut (strategy §6 step 2).

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use persys_contract::{ErrorCode, WorkloadStatus, topology::MachineRole};
use persys_faultd::protocol::{Direction, Fault};

use super::{
    invalid::{nothing_added, stored},
    ongoing::{begin, refused_as},
    steady::{Steady, pinned},
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    scenarios::support::{in_time, until_status},
};

/// What the gateway says when nobody answers behind it. Of a request that may
/// have arrived it cannot say that it was not carried out.
const NO_SCHEDULER: [ErrorCode; 2] = [ErrorCode::SchedulerUnreachable, ErrorCode::SchedulerTimeout];

/// Of the packets on a bad link, in percent.
const LOSS: u8 = 20;
/// So many that their share is a figure and not luck: a packet that is lost while
/// the connection is made costs the whole second that this may take.
const READS: usize = 100;
/// So few that the share is the link's doing and not that of a crowd of handshakes.
const AT_A_TIME: usize = 20;

pub async fn gateway_cut_off(cx: &mut Context) -> StepResult {
    let gateway = gateway_machine(cx);
    let fault = cut(cx, &gateway, MachineRole::Scheduler, Direction::Both).await?;
    begin(cx, "gateway_cut_off", vec![fault]);
    let before = stored(cx).await?;
    let (node, _) = cx.get::<Steady>()?.nodes()?;
    let workload = pinned(cx, "unheard", &node);
    let asked = Instant::now();
    let probe = cx.gateway();
    let (read, order) = tokio::join!(probe.workloads(&[]), probe.schedule(&workload));
    let took = asked.elapsed();
    refused_as(&in_time(read)?.exchange, &NO_SCHEDULER)?;
    refused_as(&in_time(order)?.exchange, &NO_SCHEDULER)?;
    let mut checks = cx.checks();
    let limit = cx.timings().request_timeout() * 2;
    checks.is_true("refused within the request timeout", took <= limit, format!("{took:?}"));
    nothing_added(&mut checks, &before, &stored(cx).await?);
    for (machine, scheduler) in cx.probes().schedulers() {
        let answer = scheduler.workloads(&[]).await?;
        let name = format!("the scheduler on {machine} serves");
        checks.is_true(&name, answer.ok().is_ok(), answer.exchange.to_string());
    }
    checks.finish()
}

pub async fn gateway_hears_nothing(cx: &mut Context) -> StepResult {
    let gateway = gateway_machine(cx);
    let fault = cut(cx, &gateway, MachineRole::Scheduler, Direction::In).await?;
    begin(cx, "gateway_hears_nothing", vec![fault]);
    let read = in_time(cx.gateway().workloads(&[]).await)?;
    refused_as(&read.exchange, &NO_SCHEDULER)
}

/// On a link that loses packets requests may be late, and a few may be refused;
/// none may hang or be answered in another way.
pub async fn lossy(cx: &mut Context) -> StepResult {
    let peers = cx.topology().with_role(MachineRole::Scheduler);
    let peers = peers.map(|(_, machine)| machine.address.into()).collect();
    let loss = Fault::Loss { peers, percent: LOSS };
    let fault = cx.faults(&gateway_machine(cx)).inject(loss).await?;
    begin(cx, "lossy_link", vec![fault]);
    let gateway = cx.gateway();
    let reads = (0..READS).map(|_| gateway.workloads(&[]));
    let mut reads = stream::iter(reads).buffer_unordered(AT_A_TIME);
    let (mut served, mut slowest) = (0, Duration::ZERO);
    while let Some(answer) = reads.next().await {
        let exchange = in_time(answer)?.exchange;
        slowest = slowest.max(exchange.duration);
        match exchange.is_success() {
            true => served += 1,
            false => refused_as(&exchange, &NO_SCHEDULER)?,
        }
    }
    cx.measure("reads_served_on_lossy_link", served as f64 / READS as f64 * 100.0, "%");
    let mut checks = cx.checks();
    let limit = cx.timings().request_timeout() * 2;
    checks.is_true("all are answered in time", slowest <= limit, format!("{slowest:?}"));
    checks.between("reads that are served", served, READS * 3 / 4, READS);
    checks.finish()
}

pub async fn agent_cut_off(cx: &mut Context) -> StepResult {
    agent_unheard(cx, "agent_cut_off", Direction::Both).await
}

pub async fn agent_hears_nothing(cx: &mut Context) -> StepResult {
    agent_unheard(cx, "agent_hears_nothing", Direction::In).await
}

async fn agent_unheard(cx: &mut Context, name: &'static str, direction: Direction) -> StepResult {
    let (broken, other) = cx.get::<Steady>()?.nodes()?;
    let fault = cut(cx, &broken, MachineRole::Scheduler, direction).await?;
    begin(cx, name, vec![fault]);
    unknown_here_and_running_there(cx, &broken, &other).await
}

/// The status of a workload whose agent nobody reaches, while the other's is as
/// it was and the container runs on.
pub async fn unknown_here_and_running_there(cx: &Context, broken: &str, other: &str) -> StepResult {
    let steady = cx.get::<Steady>()?;
    let (here, there) = (steady.on(broken)?, steady.on(other)?);
    until_status(cx, here.id(), WorkloadStatus::Unknown).await?;
    let elsewhere = cx.gateway().workload(there.id()).await?.ok()?;
    let mut checks = cx.checks();
    checks.equal("status on the other node", elsewhere.status, Some(WorkloadStatus::Running));
    checks.finish()
}

/// Cuts a machine off from all machines of a role.
pub async fn cut(
    cx: &Context,
    machine: &str,
    role: MachineRole,
    direction: Direction,
) -> Result<crate::probe::ActiveFault, StepError> {
    let peers: Vec<&str> = cx.topology().with_role(role).map(|(name, _)| name).collect();
    cx.faults(machine).cut(cx.topology(), &peers, direction).await
}

fn gateway_machine(cx: &Context) -> String {
    cx.topology().one(MachineRole::Gateway).0.to_owned()
}
