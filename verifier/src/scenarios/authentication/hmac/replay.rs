//! A request is executed once, however often it is sent.

use futures::future::join_all;
use persys_contract::REQUEST_ID;
use reqwest::Method;

use super::{
    aged::until_old,
    receiver::{Effect, Order, Receiver, Witnesses},
    refusal::{REPLAYED, told},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::{Exchange, HttpRequest, Signing},
    scenarios::support::Refusals,
};

/// Senders of the same request at the same time.
const AT_ONCE: usize = 8;

/// A rightly signed order is executed; the very same order is then refused.
pub async fn replayed(cx: &mut Context) -> StepResult {
    for receiver in Receiver::all(cx)? {
        let order = receiver.order(cx);
        let refusals = Refusals::begin(cx, &receiver.component).await?;
        let answers = send_all(cx, &receiver, &order, 1).await?;
        executed(cx, &answers[0].0, &order.effect).await?;

        let headers = &answers[0].1;
        let mut refused = Vec::new();
        for _ in 0..2 {
            let request = order.request.clone().header(REQUEST_ID, &new_id());
            let answer = receiver.probe.send_with(request, headers).await?;
            answer.refused(REPLAYED)?;
            refused.push(told(cx, &answer));
        }
        // Not even another request may bear the nonce.
        let nonce = hex_nonce(&headers.nonce)?;
        let other = receiver.order(cx);
        let signing = Signing { nonce: Some(nonce), ..Signing::default() };
        let again = receiver.probe.sign(&other.request, &signing)?;
        let request = other.request.clone().header(REQUEST_ID, &new_id());
        let answer = receiver.probe.send_with(request, &again).await?;
        answer.refused(REPLAYED)?;
        refused.push(told(cx, &answer));

        let mut checks = cx.checks();
        let witnesses = cx.get::<Witnesses>()?;
        let name = format!("executions by {}", receiver.component);
        checks.equal(&name, witnesses.seen(&order.effect), 1);
        let name = format!("executions of another order with the same nonce: {:?}", other.effect);
        checks.equal(&name, witnesses.seen(&other.effect), 0);
        checks.finish()?;
        refusals.told(cx, REPLAYED.as_str(), &refused).await?;
    }
    Ok(())
}

/// Of the same request from many senders at the same moment exactly one is executed.
pub async fn at_once(cx: &mut Context) -> StepResult {
    for receiver in Receiver::all(cx)? {
        let order = receiver.order(cx);
        let refusals = Refusals::begin(cx, &receiver.component).await?;
        let answers = send_all(cx, &receiver, &order, AT_ONCE).await?;
        let (good, bad): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|(answer, _)| answer.is_success());
        let mut checks = cx.checks();
        checks.equal(&format!("requests that {} executed", receiver.component), good.len(), 1);
        for (answer, _) in &bad {
            checks.is_true(
                "the others are refused",
                answer.is_refusal(REPLAYED),
                answer.to_string(),
            );
        }
        checks.finish()?;
        executed(cx, &good[0].0, &order.effect).await?;
        let refused: Vec<_> = bad.iter().map(|(answer, _)| told(cx, answer)).collect();
        refusals.told(cx, REPLAYED.as_str(), &refused).await?;
        let mut checks = cx.checks();
        checks.equal("effects", cx.get::<Witnesses>()?.seen(&order.effect), 1);
        checks.finish()?;
    }
    Ok(())
}

type Answered = (Exchange, persys_contract::SignedHeaders);

/// Signs once and sends as often as that at the same time, each on a connection of its own.
async fn send_all(
    cx: &Context,
    receiver: &Receiver,
    order: &Order,
    times: usize,
) -> Result<Vec<Answered>, StepError> {
    remove_container(cx, &order.effect);
    let headers = receiver.probe.sign(&order.request, &Signing::default())?;
    let sending = (0..times).map(|_| {
        let request = order.request.clone().header(REQUEST_ID, &new_id());
        receiver.probe.send_with(request, &headers)
    });
    let answers = join_all(sending).await;
    answers.into_iter().map(|answer| Ok((answer?, headers.clone()))).collect()
}

/// The answer is a success and the effect is there.
pub async fn executed(cx: &Context, answer: &Exchange, effect: &Effect) -> StepResult {
    if !answer.is_success() {
        return Err(StepError::failed(answer.to_string()));
    }
    let witnesses = cx.get::<Witnesses>()?;
    cx.waiting(format!("the order has had its effect: {effect:?}"))
        .wake_on_watch(witnesses.changed(effect))
        .until(|| async {
            match witnesses.seen(effect) {
                0 => Progress::not_yet("nothing is seen of it"),
                _ => Progress::Ready(()),
            }
        })
        .await
}

/// A rightly signed order with every receiver, and behind it a last look at all
/// that was refused: what was to be executed in the background would be there.
/// Behind the rest of the scenario nothing is waited for.
pub async fn nothing_executed(cx: &mut Context) -> StepResult {
    let last = cx.get::<super::RefusedOrders>()?.last;
    let last = last.ok_or_else(|| StepError::failed("no order was refused"))?;
    until_old(cx, "the last refusal", last).await?;
    for receiver in Receiver::all(cx)? {
        let order = receiver.order(cx);
        let answers = send_all(cx, &receiver, &order, 1).await?;
        executed(cx, &answers[0].0, &order.effect).await?;
    }
    let (witnesses, refused) = (cx.get::<Witnesses>()?, cx.get::<super::RefusedOrders>()?);
    let mut checks = cx.checks();
    for effect in &refused.effects {
        checks.equal(&format!("effects of a refused order: {effect:?}"), witnesses.seen(effect), 0);
    }
    checks.finish()
}

/// No record belongs to the container, so the platform may have removed it before.
pub fn remove_container(cx: &Context, effect: &Effect) {
    let Effect::Container { node, workload } = effect else { return };
    let (agent, workload) = (cx.agent(node), workload.clone());
    cx.on_cleanup(format!("remove container {workload}"), async move {
        let request = HttpRequest::new(Method::DELETE, format!("/docker/{workload}"));
        let exchange = agent.signed().send(request).await?;
        match exchange.status {
            200..300 | 404 => Ok(()),
            _ => Err(StepError::error(exchange.to_string())),
        }
    });
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn hex_nonce(text: &str) -> Result<[u8; 16], StepError> {
    u128::from_str_radix(text, 16)
        .map(u128::to_be_bytes)
        .map_err(|error| StepError::error(format!("failed to read the nonce {text}: {error}")))
}
