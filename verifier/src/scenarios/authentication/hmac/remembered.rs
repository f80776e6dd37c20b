//! A nonce is remembered for as long as a request that bears it could be good.

use persys_contract::SignedHeaders;
use time::{Duration, OffsetDateTime};

use super::{
    aged::{LEAST, until_old},
    receiver::{Effect, Order, Receiver, Witnesses},
    refusal::REPLAYED,
    replay::{executed, remove_container},
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::Signing,
};

/// The machines' clocks may differ by so much.
const CLOCKS: Duration = Duration::seconds(5);

/// What was executed once, and might be sent again.
struct Executed {
    receiver: Receiver,
    order: Order,
    headers: SignedHeaders,
    sent: OffsetDateTime,
    signed_for: OffsetDateTime,
}

struct Kept(Vec<Executed>);

/// Has an order executed by every receiver that is signed for as late as will be accepted, so
/// that its signature is good for almost two windows.
pub async fn execute(cx: &mut Context) -> StepResult {
    let window = window(cx)?;
    let mut kept = Vec::new();
    for receiver in Receiver::all(cx)? {
        let order = receiver.order(cx);
        remove_container(cx, &order.effect);
        let sent = OffsetDateTime::now_utc();
        let signed_for = sent + window - CLOCKS.min(window / 2);
        let signing = Signing { at: Some(signed_for), ..Signing::default() };
        let headers = receiver.probe.sign(&order.request, &signing)?;
        let answer = receiver.probe.send_with(order.request.clone(), &headers).await?;
        executed(cx, &answer, &order.effect).await?;
        kept.push(Executed { receiver, order, headers, sent, signed_for });
    }
    cx.put(Kept(kept));
    Ok(())
}

/// The same again, after all that the scenario did meanwhile. It proves a memory of that length,
/// which is measured, and no longer one: with the others run, nothing is waited for. Where the
/// scenario took longer than a signature is good for, as on a slow machine, the orders are new.
pub async fn replayed(cx: &mut Context) -> StepResult {
    let window = window(cx)?;
    let good_until = |kept: &Executed| kept.signed_for + window - CLOCKS.min(window / 2);
    let soon = OffsetDateTime::now_utc() + LEAST;
    if cx.get::<Kept>()?.0.iter().any(|kept| good_until(kept) < soon) {
        execute(cx).await?;
    }
    let kept = &cx.get::<Kept>()?.0;
    if let Some(youngest) = kept.iter().map(|kept| kept.sent).max() {
        until_old(cx, "what is sent again", youngest).await?;
    }
    let mut checks = cx.checks();
    for kept in kept {
        let component = &kept.receiver.component;
        let after = OffsetDateTime::now_utc() - kept.sent;
        let request = kept.order.request.clone();
        let answer = kept.receiver.probe.send_with(request, &kept.headers).await?;
        let name =
            format!("{component} refuses what it had {:.0} s before", after.as_seconds_f64());
        let detail = format!("expected 401 {REPLAYED}; {answer}");
        checks.is_true(&name, answer.is_refusal(REPLAYED), detail);
        // A node's record may have been written again with the same figure.
        if let effect @ Effect::Container { .. } = &kept.order.effect {
            checks.equal(&format!("effects: {effect:?}"), cx.get::<Witnesses>()?.seen(effect), 1);
        }
        cx.measure("nonce_remembered_for", after.as_seconds_f64(), "s");
    }
    checks.finish()
}

/// How far a timestamp may be off, either way.
pub fn window(cx: &Context) -> Result<Duration, StepError> {
    Duration::try_from(cx.timings().signature_window())
        .map_err(|error| StepError::error(format!("failed to read signatureWindow: {error}")))
}
