//! Workloads that must outlive every fault, one on each agent's machine.

use std::collections::BTreeMap;

use persys_contract::{NodeStatus, WorkloadStatus, topology::MachineRole};
use time::OffsetDateTime;

use super::ongoing::Known;
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    scenarios::support::{Submission, Watch, until_nodes_active, until_status},
};

pub use crate::scenarios::support::pinned;

/// One workload of each node, which its labels keep there.
pub struct Steady(BTreeMap<String, Placed>);

#[derive(Clone)]
pub struct Placed {
    pub submission: Submission,
    container: String,
    started: Option<OffsetDateTime>,
}

impl Steady {
    pub fn on(&self, node: &str) -> Result<&Placed, StepError> {
        let placed = self.0.get(node);
        placed.ok_or_else(|| StepError::error(format!("there is no workload on {node}")))
    }

    /// Two nodes: the one that is broken, and one that is not.
    pub fn nodes(&self) -> Result<(String, String), StepError> {
        let mut nodes = self.0.keys().cloned();
        match (nodes.next(), nodes.next()) {
            (Some(first), Some(second)) => Ok((first, second)),
            _ => Err(StepError::skipped("needs two agents, and the topology has fewer")),
        }
    }

    /// Any of them.
    pub fn one(&self) -> Result<(&String, &Placed), StepError> {
        self.0.iter().next().ok_or_else(|| StepError::error("there is no steady workload"))
    }

    pub fn placed(&self) -> impl Iterator<Item = (&String, &Placed)> {
        self.0.iter()
    }
}

impl Placed {
    pub fn id(&self) -> &str {
        self.submission.id()
    }
}

pub async fn run(cx: &mut Context) -> StepResult {
    until_nodes_active(cx).await?;
    let watch = Watch::start(cx).await?;
    cx.put(watch);
    let known = Known::look(cx).await?;
    cx.put(known);
    let nodes = cx.topology().with_role(MachineRole::Agent);
    let nodes: Vec<String> = nodes.map(|(name, _)| name.to_owned()).collect();
    let mut steady = BTreeMap::new();
    for node in nodes {
        let workload = pinned(cx, "steady", &node);
        let submission = Submission::through_gateway(cx, workload).await?;
        let mut checks = cx.checks();
        checks.equal("node of the workload", submission.node(), node.as_str());
        checks.finish()?;
        until_status(cx, submission.id(), WorkloadStatus::Running).await?;
        let container = cx.docker(&node).inspect(submission.id()).await?;
        let Some(container) = container else {
            return Err(StepError::failed(format!("{node} has no container of the workload")));
        };
        let (id, started) = (container.id().to_owned(), container.started_at());
        steady.insert(node, Placed { submission, container: id, started });
    }
    cx.put(Steady(steady));
    Ok(())
}

/// Waits until everybody serves and every steady workload is told to run, and
/// checks that each has the container that it had. `restarted` is the node whose
/// engine had to start it again.
pub async fn all_well(cx: &mut Context, restarted: Option<&str>) -> StepResult {
    let placed: Vec<_> = cx.get::<Steady>()?.0.clone().into_iter().collect();
    for (machine, scheduler) in cx.probes().schedulers() {
        cx.wait(format!("the scheduler on {machine} serves"), || async {
            match scheduler.workloads(&[]).await {
                Ok(answer) => Progress::from(answer.ok().map(drop)),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    }
    let gateway = cx.gateway();
    cx.wait("the gateway names every node as active", || async {
        let answer = match gateway.nodes().await {
            Ok(answer) => answer.ok(),
            Err(error) => return Progress::unanswered(error),
        };
        match answer {
            Ok(list) => {
                let idle: Vec<_> = list
                    .nodes
                    .iter()
                    .filter(|node| node.status != Some(NodeStatus::Active))
                    .map(|node| &node.node_id)
                    .collect();
                if idle.is_empty() {
                    Progress::Ready(())
                } else {
                    Progress::not_yet(format!("not active: {idle:?}"))
                }
            }
            Err(error) => Progress::unanswered(error),
        }
    })
    .await?;
    for (_, placed) in &placed {
        until_status(cx, placed.id(), WorkloadStatus::Running).await?;
    }
    for (node, placed) in &placed {
        let container = cx.docker(node).inspect(placed.id()).await?;
        let mut checks = cx.checks();
        if let Some(container) = checks.some("the container", container) {
            checks.equal("container", container.id(), placed.container.as_str());
            if restarted != Some(node.as_str()) {
                let name = format!("time of the last start on {node}");
                checks.equal(&name, container.started_at(), placed.started);
            } else if let Some(known) = cx.get_mut::<Steady>()?.0.get_mut(node) {
                known.started = container.started_at();
            }
        }
        for (machine, docker) in cx.probes().dockers() {
            let containers = docker.of_workload(placed.id()).await?.len();
            let wanted = usize::from(machine == node);
            checks.equal(&format!("containers on {machine}"), containers, wanted);
        }
        checks.finish()?;
    }
    Ok(())
}
