//! Requests about what is not there, and bodies that say nothing (contract §3.1, §3.3).

use persys_contract::{DesiredState, ErrorCode, topology::Feature};
use reqwest::Method;
use serde_json::json;

use super::{invalid::BROKEN, steady::Steady};
use crate::{context::Context, evidence::StepResult, probe::HttpRequest};

/// Bodies of the right kind that name no state.
const NO_STATE: &[&[u8]] = &[
    b"{}",
    br#"{"desiredState":null}"#,
    br#"{"desiredState":"Paused"}"#,
    br#"{"desiredState":17}"#,
    br#"{"desiredState":["Running"]}"#,
];

/// The API, asked for a workload that nobody has, and for a state that there is none of.
pub async fn by_api(cx: &mut Context) -> StepResult {
    let platform = &cx.topology().platform;
    let unknown = uuid::Uuid::new_v4();
    let of = |method: Method, rest: &str| {
        HttpRequest::new(method, format!("/workloads/{unknown}{rest}"))
    };
    let stop = json!({ "desiredState": DesiredState::Stopped });
    let routes = [
        (None, of(Method::GET, "")),
        (Some(Feature::Delete), of(Method::DELETE, "")),
        (Some(Feature::DesiredState), of(Method::PUT, "/desired-state").json(&stop)),
        (Some(Feature::ReconciliationApi), of(Method::POST, "/reconcile")),
    ];
    let (gateway, mut checks) = (cx.gateway(), cx.checks());
    for (feature, request) in routes {
        if feature.is_some_and(|feature| !platform.has(feature)) {
            continue;
        }
        let name = format!("{} {}", request.method, request.path);
        let answer = gateway.send(request).await?;
        let held = answer.is_refusal(ErrorCode::NotFound);
        checks.is_true(&name, held, format!("expected 404 not_found; {answer}"));
    }
    if platform.has(Feature::DesiredState) {
        let (_, placed) = cx.get::<Steady>()?.one()?;
        let path = format!("/workloads/{}/desired-state", placed.id());
        for body in BROKEN.iter().chain(NO_STATE).copied() {
            let request = HttpRequest::new(Method::PUT, &*path)
                .header("content-type", "application/json")
                .body(body);
            let answer = gateway.send(request).await?;
            let name = format!("desired state {:?}", String::from_utf8_lossy(body));
            checks.is_true(&name, answer.status == 400, format!("expected 400; {answer}"));
        }
        let stored = cx.etcd().workload(placed.id()).await?;
        let desired = stored.and_then(|stored| stored.value.desired_state);
        checks.equal("desired state in etcd", desired, Some(DesiredState::Running));
    }
    checks.finish()
}

/// The same of every agent, asked as a scheduler asks.
pub async fn by_agents(cx: &mut Context) -> StepResult {
    let mut checks = cx.checks();
    for (machine, agent) in cx.probes().agents() {
        let unknown = uuid::Uuid::new_v4();
        for request in [
            HttpRequest::get(format!("/docker/logs/{unknown}")),
            HttpRequest::new(Method::POST, format!("/docker/start/{unknown}")),
            HttpRequest::new(Method::POST, format!("/docker/stop/{unknown}")),
            HttpRequest::new(Method::DELETE, format!("/docker/{unknown}")),
            HttpRequest::new(Method::POST, format!("/compose/stop/{unknown}")),
        ] {
            let name = format!("{} {} by {machine}", request.method, request.path);
            let answer = agent.signed().send(request).await?;
            checks.is_true(&name, answer.status == 404, format!("expected 404; {answer}"));
        }
        for path in ["/docker/run", "/compose/run", "/compose/clone"] {
            for body in BROKEN.iter().copied().chain([&b"{}"[..], br#"{"workloadId":17}"#]) {
                let request = HttpRequest::new(Method::POST, path)
                    .header("content-type", "application/json")
                    .body(body);
                let answer = agent.signed().send(request).await?;
                let name = format!("POST {path} of {:?}", String::from_utf8_lossy(body));
                let held = answer.status == 400;
                checks.is_true(
                    &format!("{name} by {machine}"),
                    held,
                    format!("expected 400; {answer}"),
                );
            }
        }
    }
    checks.finish()
}
