//! Nodes that can be given work.

use persys_contract::NodeStatus;

use crate::{
    context::Context,
    evidence::{Progress, StepResult},
};

/// Waits until every node is active. A platform that has only just started takes up its nodes
/// one after the other.
pub async fn until_nodes_active(cx: &Context) -> StepResult {
    let (gateway, count) = (cx.gateway(), cx.probes().agents().len());
    cx.wait("every node is active", || async {
        match gateway.nodes().await.map(|answer| answer.ok()) {
            Ok(Ok(list)) => {
                let active =
                    list.nodes.iter().filter(|n| n.status == Some(NodeStatus::Active)).count();
                match active == count {
                    true => Progress::Ready(()),
                    false => Progress::not_yet(format!("{active} of {count} are")),
                }
            }
            Ok(Err(error)) => Progress::unanswered(error),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}
