//! Two workloads: one through the API, one by `persys-cli`.

use std::collections::BTreeMap;

use persys_contract::{
    PortMapping, RestartPolicy, ScheduleReply, Workload, WorkloadResources,
    topology::{Feature, MachineRole, TestImage},
};
use serde_json::json;

use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::{HttpRequest, RevisionClock},
    scenarios::support::{
        Submission, Watch, at_once, ends_on_sigterm, remove_at_the_end, test_workload,
    },
    workloads::TestWorkload,
};

/// The workload that was handed in through the API.
pub struct Web(pub Submission);

impl Web {
    /// The node's port behind which it serves.
    pub fn port(&self) -> Result<u16, StepError> {
        let port = self.0.workload.ports.first().and_then(|port| PortMapping::parse(port));
        port.map(|port| port.host).ok_or_else(|| {
            StepError::error("simple-nginx.yaml: ports: give it one, as the steps ask there")
        })
    }
}

/// The workload that `persys-cli` handed in.
pub struct Worker {
    pub id: String,
    pub name: String,
    pub node: String,
    /// What it prints.
    pub mark: String,
}

/// The strategy's `simple-nginx`, which shows by its answers and its logs that command,
/// environment, port and volume reached it.
fn web(cx: &Context) -> Result<Workload, StepError> {
    let mark = cx.unique("mark");
    let nginx = test_workload(cx, TestWorkload::SimpleNginx)?;
    Ok(Workload {
        command: Some("sh -c 'echo \"serving $PERSYS_MARK\"; exec httpd -f -p 80 -h /www'".into()),
        env_vars: BTreeMap::from([
            ("PERSYS_MARK".into(), mark),
            ("PERSYS_ODD".into(), "a=b \"c\" $d ü".into()),
        ]),
        volumes: vec![format!("/run/persys-volumes/{}:/data:ro", nginx.name)],
        network: Some("bridge".into()),
        restart_policy: Some(RestartPolicy::UnlessStopped),
        resources: Some(WorkloadResources { cpu: 0.1, memory: 16 << 20 }),
        labels: home(cx),
        ..nginx
    })
}

/// Both workloads are on one node, so that what is told of one can be told from what is
/// told of the other.
fn home(cx: &Context) -> BTreeMap<String, String> {
    cx.topology().one(MachineRole::Agent).1.labels.clone()
}

pub async fn through_api(cx: &mut Context) -> StepResult {
    let watch = Watch::start(cx).await?;
    cx.put(watch);
    let clock = RevisionClock::start(cx.etcd()).await?;
    cx.put(clock);
    let submission = Submission::through_gateway(cx, web(cx)?).await?;
    let mut checks = cx.checks();
    at_once(cx, &mut checks, "the answer comes", &submission.exchange);
    checks.is_true(
        "the workload's id is a UUID",
        uuid::Uuid::parse_str(submission.id()).is_ok(),
        submission.id(),
    );
    let nodes: Vec<_> = cx.probes().agents().keys().cloned().collect();
    checks.is_true(
        "it was given to one of the nodes",
        nodes.iter().any(|node| node == submission.node()),
        format!("{:?}, the nodes are {nodes:?}", submission.node()),
    );
    cx.measure("schedule_response", submission.exchange.duration.as_secs_f64(), "s");
    same_id_again(cx, &mut checks, &submission).await?;
    cx.put(Web(submission));
    checks.finish()
}

/// The id that was given stands for one workload alone.
async fn same_id_again(
    cx: &Context,
    checks: &mut crate::context::Checks,
    submission: &Submission,
) -> StepResult {
    // The public builds answer with the node alone, contract §9.
    if !cx.topology().platform.has(Feature::Delete) {
        return Ok(());
    }
    let mut again = json!(submission.workload);
    again["id"] = json!(submission.id());
    let request = HttpRequest::new(reqwest::Method::POST, "/workloads/schedule").json(&again);
    let exchange = cx.gateway().send(request).await?;
    let refused = exchange.is_refusal(persys_contract::ErrorCode::DuplicateId);
    checks.is_true("the same id is refused a second time", refused, exchange.to_string());
    Ok(())
}

pub async fn by_cli(cx: &mut Context) -> StepResult {
    let (name, mark) = (cx.unique("worker"), cx.unique("printed"));
    let image = cx.topology().image(TestImage::Worker).to_owned();
    let command = ends_on_sigterm(&format!("echo {mark}"));
    let labels = home(cx);
    let mut arguments = ["-o", "json", "workload", "schedule"].map(str::to_owned).to_vec();
    for (flag, value) in [
        ("--name", name.as_str()),
        ("--type", "docker-container"),
        ("--image", &image),
        ("--command", &command),
        ("--restart-policy", "always"),
    ] {
        arguments.extend([flag.to_owned(), value.to_owned()]);
    }
    for (label, value) in &labels {
        arguments.extend(["--label".to_owned(), format!("{label}={value}")]);
    }
    let run = cx.cli().run(arguments).await?;
    let reply: ScheduleReply = run.json()?;
    remove_at_the_end(cx, &reply.workload_id);
    let mut checks = cx.checks();
    let record = cx.etcd().workload(&reply.workload_id).await?;
    if let Some(stored) = checks.some("the record in etcd", record) {
        checks.equal("name in etcd", stored.value.name.as_str(), name.as_str());
        checks.equal("labels in etcd", &stored.value.labels, &labels);
        checks.equal("node in etcd", stored.value.node_id.as_deref(), Some(reply.node_id.as_str()));
    }
    cx.put(Worker { id: reply.workload_id, name, node: reply.node_id, mark });
    checks.finish()
}
