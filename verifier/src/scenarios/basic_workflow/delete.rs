//! A deleted workload leaves nothing behind.

use super::create::{Web, Worker};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    scenarios::support::until_gone,
};

pub async fn leaves_nothing(cx: &mut Context) -> StepResult {
    let port = cx.get::<Web>()?.port()?;
    let web = cx.get::<Web>()?.0.clone();
    let exchange = cx.gateway().delete(web.id()).await?;
    let mut checks = cx.checks();
    checks.equal("status of DELETE", exchange.status, 202);
    let worker = cx.get::<Worker>()?.id.clone();
    cx.cli().run(["workload", "delete", &worker]).await?.ok()?;
    checks.finish()?;
    until_gone(cx, web.id()).await?;
    until_gone(cx, &worker).await?;
    for id in [web.id(), &worker] {
        no_key_names(cx, id).await?;
    }
    port_is_closed(cx, web.node(), port).await?;
    let again = cx.gateway().delete(web.id()).await?;
    again.refused(persys_contract::ErrorCode::NotFound).map(drop)
}

/// Whatever the platform has remembered of a workload, under whichever key.
async fn no_key_names(cx: &Context, id: &str) -> StepResult {
    let etcd = cx.etcd();
    cx.wait(format!("no key of etcd names workload {id}"), || async {
        match etcd.keys().await {
            Ok(keys) => match keys.iter().find(|key| key.contains(id)) {
                Some(key) => Progress::NotYet(format!("{key} does")),
                None => Progress::Ready(()),
            },
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

async fn port_is_closed(cx: &Context, node: &str, number: u16) -> StepResult {
    let port = cx.probes().published(node, number)?;
    cx.wait(format!("port {number} of {node} is closed"), || async {
        match port.get("/").await {
            // Refused, not merely unanswered: the machine is there, the port is not.
            Err(error) if error.is_unreachable() => Progress::Ready(()),
            Err(error) => Progress::unanswered(error),
            Ok(exchange) => Progress::Fatal(StepError::failed(format!(
                "the container is gone, and yet {exchange}"
            ))),
        }
    })
    .await
}
