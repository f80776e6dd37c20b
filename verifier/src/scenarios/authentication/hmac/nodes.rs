//! What must not come from strangers: nodes and their heartbeats.

use super::{
    receiver::{Order, Receiver, Witnesses, heartbeat, registration},
    refusal::refuse,
    trick::Trick,
};
use crate::{context::Context, evidence::StepResult};

pub async fn unsigned_registration(cx: &mut Context) -> StepResult {
    with_each_scheduler(cx, registration, Trick::Missing).await?;
    no_stranger_is_known(cx).await
}

/// A node whose owner does not have the key.
pub async fn rogue_registration(cx: &mut Context) -> StepResult {
    with_each_scheduler(cx, registration, Trick::WrongKey).await?;
    no_stranger_is_known(cx).await
}

pub async fn unsigned_heartbeat(cx: &mut Context) -> StepResult {
    with_each_scheduler(cx, heartbeat, Trick::Missing).await
}

async fn with_each_scheduler(
    cx: &mut Context,
    order: fn(&Context) -> Order,
    trick: Trick,
) -> StepResult {
    for receiver in Receiver::schedulers(cx)? {
        let order = order(cx);
        refuse(cx, &receiver, vec![order], trick).await?;
    }
    Ok(())
}

/// The API and DNS know the topology's nodes alone.
async fn no_stranger_is_known(cx: &mut Context) -> StepResult {
    let nodes = cx.gateway().nodes().await?.ok()?.nodes;
    let mut checks = cx.checks();
    for node in nodes {
        let known = cx.topology().machines.contains_key(&node.node_id);
        checks.is_true("the nodes that the API lists", known, format!("{} is none", node.node_id));
    }
    for effect in &cx.get::<super::RefusedOrders>()?.effects {
        if let super::Effect::Node { node } = effect {
            let found = cx.dns().node(node).await?.records;
            checks.is_true(
                &format!("DNS does not know {node}"),
                found.is_empty(),
                format!("{found:?}"),
            );
            checks.equal("records of it", cx.get::<Witnesses>()?.seen(effect), 0);
        }
    }
    checks.finish()
}
