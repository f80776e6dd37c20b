//! No secret, token or key is anywhere it does not belong.

use std::collections::BTreeMap;

use persys_contract::{
    REQUEST_ID, StoreKeys, Workload, WorkloadStatus, WorkloadType, component,
    topology::{Feature, TestImage},
};

use crate::{
    context::Context,
    evidence::StepResult,
    plan::{Budget, Step},
    probe::HttpRequest,
    scenarios::support::{SecretSearch, Submission, until_nodes_active, until_status},
    step,
};

pub const STEPS: [Step; 1] = [Step {
    id: "secrets-stay-secret",
    title: "no secret, token or key is in any machine's log, in etcd or in a container's environment",
    source: "strategy §2 result 3, contract §2, introduction",
    labels: &[],
    needs: &[],
    requires: &[],
    budget: Budget::seconds(40).plus_monitors(3),
    run: step!(stay_secret),
}];

const MARK: &str = "PERSYS_MARK";

/// Marks that are no secrets are looked for in the same places: a search that
/// does not find them would not find a secret either.
async fn stay_secret(cx: &mut Context) -> StepResult {
    until_nodes_active(cx).await?;
    let (mark, token) = (cx.unique("mark"), format!("ghp_{}", uuid::Uuid::new_v4().simple()));
    cx.probes().add_secret("the workload's git token", &token);
    let workload = Workload {
        name: cx.unique("keeps-secrets"),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some("sleep 3600".into()),
        env_vars: BTreeMap::from([(MARK.to_owned(), mark.clone())]),
        git_token: Some(token),
        ..Workload::default()
    };
    let submission = Submission::through_gateway(cx, workload).await?;
    until_status(cx, submission.id(), WorkloadStatus::Running).await?;
    // The answers show no token either: every probe looks for it in what it receives.
    cx.gateway().workload(submission.id()).await?.ok()?;
    cx.gateway().send(HttpRequest::get("/workloads").header(REQUEST_ID, &mark)).await?;

    let cx = &*cx;
    let mut search = SecretSearch::begin(cx);
    let marked = search.logs(&mark).await?;
    if cx.topology().platform.has(Feature::RequestId) {
        for component in [component::GATEWAY, component::SCHEDULER] {
            let name = format!("the search finds a request's id in the log of {component}");
            let held = marked.iter().any(|marked| marked == component);
            search.checks.is_true(&name, held, format!("it is in those of {marked:?}"));
        }
    }
    let own = StoreKeys::workload(submission.id());
    let seen = search.etcd().await?.contains(&own);
    search.checks.is_true("the search sees the workload's record", seen, own);
    let seen = search.containers((MARK, &mark)).await?;
    search.checks.is_true("the search sees a container's environment", seen, mark);
    search.finish()
}
