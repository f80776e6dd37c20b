//! What is left of the workloads of a scenario once all of them have been deleted.

use std::collections::BTreeSet;

use persys_contract::StoreKeys;

use crate::{
    context::{Context, LastLook},
    evidence::{Progress, StepError, StepResult},
    probe::{PROJECT_LABEL, Probes},
    step,
};

/// A story names so many; one that nobody removes is one too many.
const NAMED: usize = 10;

pub static LEFTOVERS: LastLook =
    LastLook { before: step!(note_projects), after: step!(nothing_is_left) };

/// The projects of Compose that were there before the clean-up: once the containers are
/// gone, nothing tells whose a network or a volume is.
#[derive(Clone, Default)]
struct Projects(BTreeSet<Project>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Project {
    node: String,
    name: String,
    workload: String,
}

async fn note_projects(cx: &mut Context) -> StepResult {
    let (own, probes) = (cx.deleted_at_the_end(), cx.probes());
    let mut projects = Projects::default();
    for (node, docker) in probes.dockers() {
        for container in docker.workloads().await? {
            let workload = container.workload().filter(|id| own.contains(*id));
            let name = container.labels.get(PROJECT_LABEL);
            if let (Some(workload), Some(name)) = (workload, name) {
                let (node, name) = (node.clone(), name.clone());
                projects.0.insert(Project { node, name, workload: workload.to_owned() });
            }
        }
    }
    cx.put(projects);
    Ok(())
}

/// Waits, since a deletion is carried out after it was accepted (contract §3.1).
async fn nothing_is_left(cx: &mut Context) -> StepResult {
    let (own, probes) = (cx.deleted_at_the_end(), cx.probes());
    let projects = cx.get::<Projects>().cloned().unwrap_or_default();
    cx.wait("nothing is left of what the scenario made", || async {
        match left(&probes, &own, &projects).await {
            Ok(left) if left.is_empty() => Progress::Ready(()),
            Ok(left) => Progress::NotYet(story(&left)),
            Err(error) => Progress::unanswered(error),
        }
    })
    .await
}

/// Everything is asked for once, however many workloads there were.
async fn left(
    probes: &Probes,
    own: &BTreeSet<String>,
    projects: &Projects,
) -> Result<Vec<String>, StepError> {
    let mut left = Vec::new();
    for workload in probes.gateway().workloads(&[]).await?.ok()? {
        if own.contains(&workload.id) {
            left.push(format!("the gateway lists workload {}", workload.id));
        }
    }
    let keys: BTreeSet<String> = probes.etcd().keys().await?.into_iter().collect();
    let records = own.iter().map(|id| StoreKeys::workload(id));
    left.extend(records.filter(|key| keys.contains(key)).map(|key| format!("etcd has {key}")));
    for (node, docker) in probes.dockers() {
        for container in docker.workloads().await? {
            let Some(id) = container.workload().filter(|id| own.contains(*id)) else { continue };
            let (name, state) = (&container.name, &container.state);
            left.push(format!("{node} has container {name} ({state}) of workload {id}"));
        }
    }
    for Project { node, name, workload } in &projects.0 {
        let Some(docker) = probes.dockers().get(node) else { continue };
        for belonging in docker.belongings(name).await? {
            left.push(format!("{node} has {belonging} of workload {workload}"));
        }
    }
    Ok(left)
}

fn story(left: &[String]) -> String {
    let mut story = left.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    if let Some(more) = left.len().checked_sub(NAMED).filter(|more| *more > 0) {
        story.push_str(&format!("; and {more} more"));
    }
    story
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_told_in_full_or_counted() {
        let of = |count: usize| story(&vec!["etcd has /workloads/1".to_owned(); count]);
        assert_eq!(of(1), "etcd has /workloads/1");
        assert!(of(NAMED).ends_with("/1") && of(NAMED + 3).ends_with("; and 3 more"));
    }
}
