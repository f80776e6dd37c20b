//! One request, followed through the logs of all that it goes through.

use reqwest::Method;
use serde_json::Value;

use super::create::Web;
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::HttpRequest,
    scenarios::support::Component,
};

/// Who may have a line of the request, and where their logs ended before it.
struct Hop {
    name: &'static str,
    components: Vec<(Component, u64)>,
}

impl Hop {
    async fn before(
        cx: &Context,
        name: &'static str,
        components: Vec<Component>,
    ) -> Result<Self, StepError> {
        let mut ends = Vec::new();
        for component in components {
            let end = cx.faults(&component.machine).log_end(component.name).await?;
            ends.push((component, end));
        }
        Ok(Self { name, components: ends })
    }

    /// Waits until one of them has logged a line with the request's id.
    async fn has_logged(&self, cx: &Context, id: &str) -> StepResult {
        cx.wait(format!("the log of {} has a line with requestId {id}", self.name), || async {
            for (component, end) in &self.components {
                let log = cx.faults(&component.machine);
                match log.log_lines(component.name, *end, |line| bears(line, id)).await {
                    Ok(lines) if lines.is_empty() => {}
                    Ok(_) => return Progress::Ready(()),
                    Err(error) => return Progress::not_yet(error.to_string()),
                }
            }
            Progress::not_yet("no line has it")
        })
        .await
    }
}

fn bears(line: &str, id: &str) -> bool {
    let line = serde_json::from_str::<Value>(line);
    line.is_ok_and(|line| line["requestId"].as_str() == Some(id))
}

/// A reconciliation on request goes from the gateway to a scheduler, who asks the agent.
pub async fn request_id_followed(cx: &mut Context) -> StepResult {
    let (workload, node) = {
        let web = &cx.get::<Web>()?.0;
        (web.id().to_owned(), web.node().to_owned())
    };
    let hops = [
        Hop::before(cx, "the gateway", vec![Component::gateway(cx)]).await?,
        Hop::before(cx, "a scheduler", Component::schedulers(cx)).await?,
        Hop::before(cx, "the workload's agent", vec![Component::agent(&node)]).await?,
    ];
    let id = cx.unique("request");
    let request = HttpRequest::new(Method::POST, format!("/workloads/{workload}/reconcile"))
        .header(persys_contract::REQUEST_ID, &id);
    let exchange = cx.gateway().send(request).await?;
    let mut checks = cx.checks();
    checks.equal("status", exchange.status, 200);
    checks.finish()?;
    for hop in &hops {
        hop.has_logged(cx, &id).await?;
    }
    Ok(())
}
