//! One list of containers and of runs that have none yet.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use persys_contract::{ContainerEntry, WorkloadStatus};

use super::pending::{PendingRun, PendingRuns};
use crate::docker::{Container, DockerFault, Engine};

/// How long after its making a container must have been started, in seconds.
const START_SECONDS: i64 = 120;

/// The answer to `GET /docker/list`.
pub async fn list(
    engine: &Engine,
    pending: &PendingRuns,
) -> Result<Vec<ContainerEntry>, DockerFault> {
    // In this order: a run that ends in between has its container in the list.
    let runs = pending.snapshot();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok(merge(engine.containers().await?, runs, now.cast_signed()))
}

/// `now` is in unix seconds.
fn merge(
    containers: Vec<Container>,
    mut runs: BTreeMap<String, PendingRun>,
    now: i64,
) -> Vec<ContainerEntry> {
    let mut entries: Vec<ContainerEntry> = Vec::with_capacity(containers.len() + runs.len());
    for container in containers {
        let run = runs.remove(container.workload_id());
        let unstarted = container.is_created();
        let lost = unstarted && container.is_by_run() && now - container.created > START_SECONDS;
        let mut entry = of_container(container);
        match run {
            // A container that was made and not started is a part of its run.
            Some(run) if unstarted => {
                entry.status = run.status.to_string();
                entry.reason = run.reason.or(entry.reason);
            }
            // Docker made it after its run was given up: nobody will start it.
            None if lost => {
                entry.status = WorkloadStatus::Failed.to_string();
                entry.reason.get_or_insert_with(|| "its container was never started".to_owned());
            }
            _ => {}
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
    use persys_contract::WORKLOAD_LABEL;

    use super::*;

    fn labels() -> BTreeMap<String, String> {
        BTreeMap::from([(WORKLOAD_LABEL.to_owned(), "w-1".to_owned())])
    }

    fn container(state: &str) -> Container {
        Container {
            id: "0123".into(),
            names: vec!["w-1".into()],
            created: 1000,
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
        let entries = merge(Vec::new(), runs(WorkloadStatus::ImagePullBackOff), 1000);
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].id, "w-1");
        assert_eq!(entries[0].status, "ImagePullBackOff");
        assert_eq!(entries[0].reason.as_deref(), Some("no route"));
        assert_eq!(entries[0].labels, labels());
    }

    #[test]
    fn a_container_that_is_about_to_start_has_its_run_s_status() {
        let entries =
            merge(vec![container("created")], runs(WorkloadStatus::ContainerCreating), 1000);
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].id.as_str(), entries[0].status.as_str()),
            ("0123", "ContainerCreating")
        );
    }

    #[test]
    fn a_container_that_was_started_has_docker_s_state() {
        let entries =
            merge(vec![container("running")], runs(WorkloadStatus::ContainerCreating), 1000);
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].status.as_str(), &entries[0].reason), ("running", &None));
    }
    #[test]
    fn a_container_that_nobody_will_start_has_failed() {
        let status = |container: Container, now| {
            merge(vec![container], BTreeMap::new(), now).remove(0).status
        };
        assert_eq!(status(container("created"), 1000 + START_SECONDS), "created");
        assert_eq!(status(container("created"), 1001 + START_SECONDS), "Failed");
        assert_eq!(status(container("exited"), 9000), "exited");
        let names = vec!["project-web-1".to_owned()];
        assert_eq!(status(Container { names, ..container("created") }, 9000), "created");
    }
}
