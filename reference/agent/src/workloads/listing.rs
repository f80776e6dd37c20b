//! One list of containers and of runs that have none yet.

use std::collections::BTreeMap;

use persys_contract::ContainerEntry;

use super::pending::{PendingRun, PendingRuns};
use crate::docker::{Container, DockerFault, Engine};

/// The answer to `GET /docker/list`.
pub async fn list(
    engine: &Engine,
    pending: &PendingRuns,
) -> Result<Vec<ContainerEntry>, DockerFault> {
    // In this order: a run that ends in between has its container in the list.
    let runs = pending.snapshot();
    Ok(merge(engine.containers().await?, runs))
}

fn merge(
    containers: Vec<Container>,
    mut runs: BTreeMap<String, PendingRun>,
) -> Vec<ContainerEntry> {
    let mut entries: Vec<ContainerEntry> = Vec::with_capacity(containers.len() + runs.len());
    for container in containers {
        let run = runs.remove(container.workload_id());
        let unstarted = container.is_created();
        let mut entry = of_container(container);
        // A container that was made and not started is a part of its run.
        if let Some(run) = run.filter(|_| unstarted) {
            entry.status = run.status.to_string();
            entry.reason = run.reason.or(entry.reason);
        }
        entries.push(entry);
    }
    entries.extend(runs.into_values().map(of_run));
    entries
}

fn of_container(container: Container) -> ContainerEntry {
    ContainerEntry {
        id: container.id,
        names: container.names,
        status: container.state,
        image: container.image,
        labels: container.labels,
        exit_code: container.exit_code,
        reason: container.reason,
    }
}

fn of_run(run: PendingRun) -> ContainerEntry {
    ContainerEntry {
        id: run.workload_id.clone(),
        names: vec![run.workload_id],
        status: run.status.to_string(),
        image: run.image,
        labels: run.labels,
        exit_code: None,
        reason: run.reason,
    }
}

#[cfg(test)]
mod tests {
    use persys_contract::{WORKLOAD_LABEL, WorkloadStatus};

    use super::*;

    fn labels() -> BTreeMap<String, String> {
        BTreeMap::from([(WORKLOAD_LABEL.to_owned(), "w-1".to_owned())])
    }

    fn container(state: &str) -> Container {
        Container {
            id: "0123".into(),
            state: state.into(),
            labels: labels(),
            ..Container::default()
        }
    }

    fn runs(status: WorkloadStatus) -> BTreeMap<String, PendingRun> {
        let run = PendingRun {
            workload_id: "w-1".into(),
            image: "web:1".into(),
            labels: labels(),
            status,
            reason: Some("no route".into()),
        };
        BTreeMap::from([("w-1".to_owned(), run)])
    }

    #[test]
    fn a_run_without_container_is_listed_under_its_workload_id() {
        let entries = merge(Vec::new(), runs(WorkloadStatus::ImagePullBackOff));
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].id, "w-1");
        assert_eq!(entries[0].status, "ImagePullBackOff");
        assert_eq!(entries[0].reason.as_deref(), Some("no route"));
        assert_eq!(entries[0].labels, labels());
    }

    #[test]
    fn a_container_that_is_about_to_start_has_its_run_s_status() {
        let entries = merge(vec![container("created")], runs(WorkloadStatus::ContainerCreating));
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].id.as_str(), entries[0].status.as_str()),
            ("0123", "ContainerCreating")
        );
    }

    #[test]
    fn a_container_that_was_started_has_docker_s_state() {
        let entries = merge(vec![container("running")], runs(WorkloadStatus::ContainerCreating));
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].status.as_str(), &entries[0].reason), ("running", &None));
    }
}
