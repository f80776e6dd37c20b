//! Clients that are slow, or open a connection and say nothing.

use crate::{
    context::Context,
    evidence::StepResult,
    probe::{Exchange, Stall},
    scenarios::support::{at_once, in_time},
};

/// So many of each kind.
const EACH: usize = 20;

pub async fn hold_nobody_up(cx: &mut Context) -> StepResult {
    let gateway = cx.gateway();
    let mut held = Vec::new();
    for how in [Stall::BeforeHandshake, Stall::InHead, Stall::InBody] {
        let opening = (0..EACH).map(|_| gateway.stall(how));
        for client in futures::future::join_all(opening).await {
            held.push(client?);
        }
    }
    let mut exchanges = Vec::new();
    let mut checks = cx.checks();
    for _ in 0..10 {
        let answer = in_time(gateway.workloads(&[]).await)?;
        checks.is_true("the request is served", answer.ok().is_ok(), answer.exchange.to_string());
        exchanges.push(answer.exchange);
    }
    exchanges.sort_by_key(Exchange::attended);
    let slowest = exchanges.pop().expect("more than one was asked for");
    let what = format!("beside {} stalled clients the slowest answer came", held.len());
    at_once(cx, &mut checks, &what, &slowest);
    cx.measure("slowest_answer_beside_stalled_clients", slowest.attended().as_secs_f64(), "s");
    drop(held);
    checks.finish()
}
