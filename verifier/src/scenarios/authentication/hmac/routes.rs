//! Every route of every agent (contract §1: "every request signed but `/metrics` and
//! `/api/v1/health`").

use base64::{Engine as _, engine::general_purpose::STANDARD};
use persys_contract::{ComposeClone, ComposeRun, topology::TestImage};
use reqwest::Method;

use super::{
    receiver::{Effect, Order, Receiver},
    refusal::refuse,
    trick::Trick,
};
use crate::{
    context::Context, evidence::StepResult, probe::HttpRequest,
    scenarios::authentication::bystander::bystanders,
};

/// None of them is served without a signature or with another key's, though all are about what
/// is there, and would be good if they were signed.
pub async fn guarded(cx: &mut Context) -> StepResult {
    let bystanders = bystanders(cx).await?;
    for receiver in Receiver::agents(cx) {
        let node = receiver.component.machine.clone();
        let there = bystanders.iter().find(|bystander| bystander.node == node);
        let id = there.map_or_else(|| cx.unique("absent"), |there| there.id.clone());
        for trick in [Trick::Missing, Trick::WrongKey] {
            let orders = orders(cx, &receiver, &id);
            refuse(cx, &receiver, orders, trick).await?;
        }
    }
    Ok(())
}

/// An order for each route of contract §3.3.
fn orders(cx: &Context, receiver: &Receiver, id: &str) -> Vec<Order> {
    let node = &receiver.component.machine;
    let untouched = || Effect::End { node: node.clone(), workload: id.to_owned() };
    let about = |method: Method, path: String| Order {
        request: HttpRequest::new(method, path),
        effect: untouched(),
    };
    let (composed, cloned) = (cx.unique("composed"), cx.unique("cloned"));
    let image = cx.topology().image(TestImage::Worker);
    let file = format!("services:\n  one:\n    image: {image}\n    command: sleep 60\n");
    let compose = ComposeRun {
        workload_id: composed.clone(),
        display_name: composed.clone(),
        compose: Some(STANDARD.encode(file)),
        background: true,
        ..ComposeRun::default()
    };
    let clone = ComposeClone {
        workload_id: cloned.clone(),
        display_name: cloned.clone(),
        repo_url: "https://git.persys.local/none.git".to_owned(),
        background: true,
        ..ComposeClone::default()
    };
    let made = |request: HttpRequest, workload: String| Order {
        request,
        effect: Effect::Container { node: node.clone(), workload },
    };
    vec![
        about(Method::GET, "/docker/list".to_owned()),
        about(Method::GET, format!("/docker/logs/{id}")),
        about(Method::POST, format!("/docker/start/{id}")),
        about(Method::POST, format!("/docker/stop/{id}")),
        about(Method::DELETE, format!("/docker/{id}")),
        about(Method::POST, format!("/compose/stop/{id}")),
        receiver.order(cx),
        made(HttpRequest::new(Method::POST, "/compose/run").json(&compose), composed),
        made(HttpRequest::new(Method::POST, "/compose/clone").json(&clone), cloned),
    ]
}
