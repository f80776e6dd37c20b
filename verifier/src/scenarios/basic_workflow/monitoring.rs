//! What the platform tells of its workloads, against what is.

use std::collections::BTreeMap;

use persys_contract::{
    ClusterMetrics, NodeList, Workload, WorkloadStatus, component, topology::Feature,
};
use time::OffsetDateTime;

use super::create::{Web, Worker};
use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepResult},
    scenarios::support::{Watch, two_reconcile_passes, until_status},
};

/// Ids and nodes of the scenario's two workloads.
fn both(cx: &Context) -> Result<[(String, String); 2], crate::evidence::StepError> {
    let web = &cx.get::<Web>()?.0;
    let worker = cx.get::<Worker>()?;
    Ok([(web.id().to_owned(), web.node().to_owned()), (worker.id.clone(), worker.node.clone())])
}

pub async fn comes_to_run(cx: &mut Context) -> StepResult {
    for (id, _) in both(cx)? {
        until_status(cx, &id, WorkloadStatus::Running).await?;
    }
    Ok(())
}

pub async fn status_agrees(cx: &mut Context) -> StepResult {
    let mut checks = cx.checks();
    for (id, node) in both(cx)? {
        let told = cx.gateway().workload(&id).await?.ok()?;
        checks.equal("status by the API", told.status, Some(WorkloadStatus::Running));
        checks.equal("node by the API", told.node_id.as_deref(), Some(node.as_str()));
        if let Some(stored) = checks.some("record in etcd", cx.etcd().workload(&id).await?) {
            checks.equal("status in etcd", stored.value.status, told.status);
            checks.equal("node in etcd", stored.value.node_id, told.node_id);
        }
        let containers = cx.agent(&node).list().await?.ok()?.result;
        let entry = containers.iter().find(|entry| entry.labels.get("workloadId") == Some(&id));
        if let Some(entry) = checks.some("the agent's entry", entry) {
            checks.equal("status by the agent", entry.status.as_str(), "running");
        }
        let container = cx.docker(&node).inspect(&id).await?;
        let running = container.is_some_and(|container| container.is_running());
        checks.is_true("Docker runs it", running, format!("{node} does not run {id}"));
    }
    checks.finish()
}

pub async fn logs_captured(cx: &mut Context) -> StepResult {
    let [(web, node), (worker, _)] = both(cx)?;
    let mark = cx.get::<Worker>()?.mark.clone();
    let served = cx.get::<Web>()?.0.workload.env_vars["PERSYS_MARK"].clone();
    let gateway = cx.gateway();
    for (id, wanted) in [(&web, format!("serving {served}")), (&worker, mark.clone())] {
        cx.wait(format!("the logs of workload {id} have {wanted:?}"), || async {
            let logs = match gateway.workload(id).await {
                Ok(answer) => match answer.ok() {
                    Ok(workload) => workload.logs.unwrap_or_default(),
                    Err(error) => return Progress::unanswered(error),
                },
                Err(error) => return Progress::unanswered(error),
            };
            if logs.contains(&wanted) {
                Progress::Ready(())
            } else {
                Progress::not_yet(format!("they are {logs:?}"))
            }
        })
        .await?;
    }
    let mut checks = cx.checks();
    let run = cx.cli().run(["workload", "logs", &worker]).await?;
    checks.contains("logs by persys-cli", run.ok()?, &mark);
    let docker = cx.docker(&node).logs(&web, 100).await?.unwrap_or_default();
    checks.contains("logs by Docker", &docker, &format!("serving {served}"));
    checks.finish()
}

pub async fn metrics_moved(cx: &mut Context) -> StepResult {
    let nodes = cx.probes().agents().len() as f64;
    let metrics = cx.metrics();
    let (before, route) = (metrics.gateway().await?, [("service", component::GATEWAY)]);
    cx.gateway().workloads(&[]).await?.ok()?;
    let after = metrics.gateway().await?;
    let mut checks = cx.checks();
    let requests = after.increase_since(&before, "persys_http_requests_total", &route);
    checks.is_true(
        "the gateway counts its requests",
        requests >= 1.0,
        format!("persys_http_requests_total went up by {requests}"),
    );
    checks.finish()?;
    // Every scheduler may tell; the leader must, for it does the monitoring.
    cx.wait("one leader tells of all nodes and of the running workloads", || async {
        let leaders = metrics.leaders().await;
        let [leader] = &leaders[..] else {
            return Progress::not_yet(format!("leaders by persys_is_leader: {leaders:?}"));
        };
        let scrape = match metrics.scheduler(leader).await {
            Ok(scrape) => scrape,
            Err(error) => return Progress::unanswered(error),
        };
        let active = scrape.value("persys_nodes", &[("status", "active")]);
        let running = scrape.value("persys_workloads", &[("status", "Running")]);
        if active == Some(nodes) && running.is_some_and(|count| count >= 2.0) {
            Progress::Ready(())
        } else {
            Progress::not_yet(format!(
                "{leader}: active nodes {active:?} of {nodes}, running workloads {running:?}"
            ))
        }
    })
    .await
}

/// On Docker's own history, and on what it says of each start.
pub async fn nothing_restarted(cx: &mut Context) -> StepResult {
    let both = both(cx)?;
    let before = starts(cx, &both).await?;
    let seen: Vec<_> =
        both.iter().map(|(id, node)| events(cx, id, node)).collect::<Result<_, _>>()?;
    two_reconcile_passes(cx).await?;
    let mut checks = cx.checks();
    checks.equal("containers and their starts", starts(cx, &both).await?, before);
    for ((id, node), seen) in both.iter().zip(seen) {
        checks.equal(
            &format!("what happened to the container of {id}"),
            events(cx, id, node)?,
            seen,
        );
    }
    checks.finish()
}

/// Container and time of its last start, by workload.
async fn starts(
    cx: &Context,
    workloads: &[(String, String)],
) -> Result<BTreeMap<String, (String, Option<OffsetDateTime>)>, crate::evidence::StepError> {
    let mut starts = BTreeMap::new();
    for (id, node) in workloads {
        if let Some(container) = cx.docker(node).inspect(id).await? {
            starts.insert(id.clone(), (container.id().to_owned(), container.started_at()));
        }
    }
    Ok(starts)
}

fn events(cx: &Context, id: &str, node: &str) -> Result<Vec<String>, crate::evidence::StepError> {
    Ok(cx.get::<Watch>()?.containers[node].actions(id))
}

pub async fn lists_filtered(cx: &mut Context) -> StepResult {
    let both = both(cx)?;
    let mut checks = cx.checks();
    let running = cx.gateway().workloads(&[("status", "running")]).await?.ok()?;
    for (id, _) in &both {
        checks.is_true("running ones are in ?status=running", holds(&running, id), id.clone());
    }
    let failed = cx.gateway().workloads(&[("status", "Failed")]).await?.ok()?;
    for (id, _) in &both {
        checks.is_true("running ones are not in ?status=Failed", !holds(&failed, id), id.clone());
    }
    for node in cx.probes().agents().keys() {
        let there = cx.gateway().workloads(&[("nodeId", node)]).await?.ok()?;
        for (id, home) in &both {
            let right = holds(&there, id) == (home == node);
            checks.is_true(&format!("?nodeId={node} has its own alone"), right, id.clone());
        }
        only_of(&mut checks, &there, node);
    }
    let nowhere = cx.gateway().workloads(&[("nodeId", "no-such-node")]).await?.ok()?;
    checks.equal("workloads of a node that is not", nowhere.len(), 0);
    checks.finish()
}

fn holds(list: &[Workload], id: &str) -> bool {
    list.iter().any(|workload| workload.id == id)
}

fn only_of(checks: &mut Checks, list: &[Workload], node: &str) {
    let strangers: Vec<_> =
        list.iter().filter(|w| w.node_id.as_deref() != Some(node)).map(|w| &w.id).collect();
    checks.is_true(
        &format!("?nodeId={node} has no other node's"),
        strangers.is_empty(),
        format!("{strangers:?}"),
    );
}

pub async fn cli_shows_the_same(cx: &mut Context) -> StepResult {
    let both = both(cx)?;
    let name = cx.get::<Worker>()?.name.clone();
    let cli = cx.cli();
    let mut checks = cx.checks();
    let list: Vec<Workload> = cli.run(["-o", "json", "workload", "list"]).await?.json()?;
    for (id, _) in &both {
        checks.is_true("workload list has it", holds(&list, id), id.clone());
    }
    let (worker, node) = &both[1];
    let one: Workload = cli.run(["-o", "json", "workload", "get", worker]).await?.json()?;
    checks.equal("name in workload get", one.name.as_str(), name.as_str());
    checks.equal("node in workload get", one.node_id.as_deref(), Some(node.as_str()));
    let table = cli.run(["workload", "list"]).await?;
    checks.contains("the table has its name", table.ok()?, &name);
    let nodes: NodeList = cli.run(["-o", "json", "node", "list"]).await?.json()?;
    let mut told: Vec<_> = nodes.nodes.iter().map(|node| node.node_id.as_str()).collect();
    told.sort_unstable();
    let known: Vec<_> = cx.probes().agents().keys().cloned().collect();
    checks.equal("node list", told, known);
    let cluster: ClusterMetrics = cli.run(["-o", "json", "cluster", "metrics"]).await?.json()?;
    let running = cluster.workloads.by_status.get("Running").copied().unwrap_or_default();
    checks.is_true("cluster metrics count them", running >= 2, format!("{:?}", cluster.workloads));
    if cx.topology().platform.has(Feature::LeasedDiscovery) {
        let schedulers = cx.probes().schedulers().len();
        checks.equal("schedulers in cluster metrics", cluster.schedulers.len(), schedulers);
        let leaders = cluster.schedulers.iter().filter(|scheduler| scheduler.leader).count();
        checks.equal("leaders in cluster metrics", leaders, 1);
    }
    let absent = cli.run(["workload", "get", "00000000-0000-4000-8000-000000000000"]).await?;
    checks.equal("exit code for an unknown workload", absent.exit_code, Some(1));
    checks.contains("message for an unknown workload", &absent.stderr, "not_found");
    checks.finish()
}
