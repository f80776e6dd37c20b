//! No secret, token or key is anywhere it does not belong.

mod shapes;

use std::collections::BTreeMap;

use persys_contract::{
    REQUEST_ID, StoreKeys, Workload, WorkloadStatus, WorkloadType,
    topology::{Feature, TestImage},
};
use serde_json::json;

use crate::{
    engine::{Checks, Context, LogSource, StepError, StepResult},
    plan::{Budget, Step},
    probe::HttpRequest,
    scenarios::support::{Submission, until_status},
    step,
};

pub const STEPS: [Step; 1] = [Step {
    id: "secrets-stay-secret",
    title: "no secret, token or key is in any machine's log, in etcd or in a container's environment",
    source: "strategy §2 expected results, contract §2 and introduction",
    labels: &[],
    needs: &[],
    requires: &[],
    budget: Budget::seconds(40).plus_monitors(3),
    run: step!(stay_secret),
}];

/// Bytes of a log that are asked for at a time.
const PIECE: u64 = 1 << 20;
const MARK: &str = "PERSYS_MARK";

/// A place that was searched, and what it gave away.
struct Search<'a> {
    cx: &'a Context,
    checks: Checks,
    places: usize,
}

/// Marks that are no secrets are looked for in the same places: a search that
/// does not find them would not find a secret either.
async fn stay_secret(cx: &mut Context) -> StepResult {
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
    let mut search = Search { cx, checks: cx.checks(), places: 0 };
    search.logs(&mark).await?;
    search.etcd(&submission).await?;
    search.containers(&mark).await?;
    let summary = format!("{} places searched for secrets", search.places);
    cx.record("search", summary, json!({ "places": search.places }));
    search.checks.finish()
}

impl Search<'_> {
    fn text(&mut self, place: &str, text: &str) {
        let mut found = self.cx.probes().secrets().found_in(text);
        found.extend(shapes::found_in(text).into_iter().map(str::to_owned));
        self.places += 1;
        if !found.is_empty() {
            self.checks.violated(place, format!("gives away {}", found.join(", ")));
        }
    }

    async fn logs(&mut self, mark: &str) -> StepResult {
        let source = self.cx.probes().logs(self.cx.timeout_scale());
        let (names, errors) = source.logs().await;
        let failed = |error| StepError::error(format!("failed to read the logs of {error}"));
        if let Some(error) = errors.into_iter().next() {
            return Err(failed(error));
        }
        let mut marked = Vec::new();
        for name in names {
            let text = whole(&*source, &name).await.map_err(failed)?;
            let place = format!("log of {} of {}", name.component, name.machine);
            self.text(&place, &text);
            if text.contains(mark) {
                marked.push(name.component);
            }
        }
        if self.cx.topology().platform.has(Feature::RequestId) {
            for component in ["api-gateway", "prow-scheduler"] {
                let held = marked.iter().any(|marked| marked == component);
                let name = format!("the search finds a request's id in the log of {component}");
                self.checks.is_true(&name, held, format!("it is in those of {marked:?}"));
            }
        }
        Ok(())
    }

    async fn etcd(&mut self, submission: &Submission) -> StepResult {
        let entries = self.cx.etcd().list("").await?;
        let own = StoreKeys::workload(submission.id());
        let mut seen = false;
        for entry in &entries {
            let mut text = String::from_utf8_lossy(&entry.value).into_owned();
            if entry.key.starts_with(StoreKeys::WORKLOADS) {
                seen |= entry.key == own;
                // The agent needs it again at every start; here it belongs.
                let mut record = entry.json();
                record.as_object_mut().map(|fields| fields.remove("gitToken"));
                text = record.to_string();
            }
            self.text(&format!("etcd's {}", entry.key), &text);
        }
        self.checks.is_true("the search sees the workload's record", seen, own);
        Ok(())
    }

    async fn containers(&mut self, mark: &str) -> StepResult {
        let probes = self.cx.probes();
        let mut seen = false;
        for (node, docker) in probes.dockers() {
            for listed in docker.list(&[]).await? {
                let Some(container) = docker.inspect(&listed.id).await? else { continue };
                let env = container.env();
                seen |= env.get(MARK).is_some_and(|value| value == mark);
                let text = json!([env, container.command(), container.labels()]).to_string();
                self.text(&format!("container {} of {node}", listed.name), &text);
            }
        }
        self.checks.is_true("the search sees a container's environment", seen, mark);
        Ok(())
    }
}

async fn whole(
    source: &dyn LogSource,
    name: &crate::engine::LogName,
) -> Result<String, crate::engine::LogError> {
    let (mut text, mut next) = (String::new(), 0);
    loop {
        let piece = source.read(name, next, PIECE).await?;
        if piece.next <= next {
            return Ok(text);
        }
        text.push_str(&piece.text);
        next = piece.next;
    }
}
