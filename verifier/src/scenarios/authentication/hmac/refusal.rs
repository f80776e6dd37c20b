//! Tries tricks, and makes sure that each is refused exactly and has no effect.

use persys_contract::{
    ErrorCode, REQUEST_ID,
    topology::{Feature, MachineRole},
};
use time::OffsetDateTime;

use super::{
    receiver::{Effect, Order, Receiver, Witnesses},
    trick::{Attempt, Trick},
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::{Exchange, HttpRequest, SignedProbe},
    scenarios::support::{Refusals, Refused},
};

/// What was ordered and refused, to be looked at once more at the end.
#[derive(Default)]
pub struct RefusedOrders {
    pub effects: Vec<Effect>,
    pub last: Option<OffsetDateTime>,
}

/// The trick must fail with every receiver.
pub async fn refused(cx: &mut Context, trick: Trick) -> StepResult {
    for receiver in Receiver::all(cx)? {
        let order = receiver.order(cx);
        refuse(cx, &receiver, vec![order], trick).await?;
    }
    Ok(())
}

/// The trick must fail with each of these orders.
pub async fn refuse(
    cx: &mut Context,
    receiver: &Receiver,
    orders: Vec<Order>,
    trick: Trick,
) -> StepResult {
    let refusals = Refusals::begin(cx, &receiver.component).await?;
    let mut answers = Vec::new();
    for order in &orders {
        let HttpRequest { method, path, .. } = &order.request;
        for attempt in trick.attempts(cx, &receiver.probe, order)? {
            let what = format!("{method} {path}: {}", attempt.what);
            answers.push((what, send(&receiver.probe, attempt).await?));
        }
    }
    let code = trick.code();
    let mut checks = cx.checks();
    for (what, answer) in &answers {
        let name = format!("{} refuses {what}", receiver.component);
        let detail = format!("expected {} {code}; {answer}", code.status());
        checks.is_true(&name, answer.is_refusal(code), detail);
    }
    for Order { effect, .. } in &orders {
        checks.equal(&format!("effects: {effect:?}"), cx.get::<Witnesses>()?.seen(effect), 0);
    }
    checks.finish()?;
    let told: Vec<_> = answers.iter().map(|(_, answer)| told(cx, answer)).collect();
    refusals.told(cx, code.as_str(), &told).await?;
    let refused = cx.get_mut::<RefusedOrders>()?;
    refused.effects.extend(orders.into_iter().map(|order| order.effect));
    refused.last = Some(OffsetDateTime::now_utc());
    Ok(())
}

/// Sends a request as it is, with an id of its own by which it is found in the log.
pub async fn send(probe: &SignedProbe, attempt: Attempt) -> Result<Exchange, StepError> {
    let id = uuid::Uuid::new_v4().to_string();
    Ok(probe.send_unsigned(attempt.request.header(REQUEST_ID, &id)).await?)
}

/// How the log must tell of a request that was refused.
pub fn told(cx: &Context, answer: &Exchange) -> Refused {
    let host = cx.topology().one(MachineRole::Client).1.address;
    let ids = cx.topology().platform.has(Feature::RequestId);
    Refused::request(host, answer.request_id.as_deref().filter(|_| ids))
}

/// The code of the refusal of a nonce that was used before.
pub const REPLAYED: ErrorCode = ErrorCode::ReplayedNonce;
