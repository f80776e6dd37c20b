//! Every route of contract §3.1, for those who may use none of them.

use persys_contract::{
    DesiredState, DesiredStateChange, RestartPolicy, StoreKeys, Workload, WorkloadType,
    topology::TestImage,
};
use reqwest::Method;

use crate::{
    context::{Checks, Context},
    evidence::StepError,
    probe::HttpRequest,
    scenarios::{
        authentication::bystander::{Bystander, bystanders},
        support::remove_at_the_end,
    },
};

/// A request to every route, each of which would be served if it came from the right
/// caller by the right way, and what none of them may change.
pub struct EveryRoute {
    pub requests: Vec<HttpRequest>,
    bystander: Bystander,
    /// The workload that one of them hands in.
    fresh: String,
}

impl EveryRoute {
    pub async fn prepare(cx: &mut Context) -> Result<Self, StepError> {
        let bystander = bystanders(cx).await?.into_iter().next();
        let bystander = bystander.ok_or_else(|| StepError::error("the topology has no agent"))?;
        let workload = Workload {
            id: uuid::Uuid::new_v4().to_string(),
            name: cx.unique("handed-in-by-a-stranger"),
            kind: Some(WorkloadType::DockerContainer),
            image: Some(cx.topology().image(TestImage::Worker).to_owned()),
            command: Some("sleep 60".to_owned()),
            restart_policy: Some(RestartPolicy::No),
            ..Workload::default()
        };
        let fresh = workload.id.clone();
        remove_at_the_end(cx, &fresh);
        let requests = requests(&bystander.id, &workload);
        Ok(Self { requests, bystander, fresh })
    }

    /// Nothing was stored, and what is stored is as it was.
    pub async fn without_effect(&self, cx: &Context, checks: &mut Checks) -> Result<(), StepError> {
        let key = StoreKeys::workload(&self.fresh);
        let stored = cx.etcd().get(&key).await?.is_some();
        checks.is_true("what strangers hand in is not stored", !stored, format!("{key} is there"));
        self.bystander.unchanged(cx, checks).await
    }
}

fn requests(id: &str, workload: &Workload) -> Vec<HttpRequest> {
    let stop = DesiredStateChange { desired_state: DesiredState::Stopped };
    let of =
        |method: Method, rest: &str| HttpRequest::new(method, format!("/workloads/{id}{rest}"));
    vec![
        HttpRequest::get("/nodes"),
        HttpRequest::get("/cluster/metrics"),
        HttpRequest::get("/workloads"),
        HttpRequest::get("/workloads?status=Running"),
        of(Method::GET, ""),
        HttpRequest::get("/reconciliation/stats"),
        HttpRequest::new(Method::POST, "/reconciliation/trigger"),
        of(Method::POST, "/reconcile"),
        HttpRequest::new(Method::POST, "/workloads/schedule").json(workload),
        of(Method::PUT, "/desired-state").json(&stop),
        of(Method::DELETE, ""),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_tried_and_none_twice() {
        let requests = requests("w-1", &Workload::default());
        let mut seen: Vec<_> =
            requests.iter().map(|request| format!("{} {}", request.method, request.path)).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 11);
        assert!(seen.contains(&"DELETE /workloads/w-1".to_owned()), "{seen:?}");
    }
}
