//! One list of containers and of runs that have none yet.

use persys_reference_base::defect;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use persys_contract::{ContainerEntry, WorkloadStatus};

use super::pending::{PendingRun, PendingRuns};
use crate::compose::{Project, ProjectStore};
use crate::docker::{Container, DockerFault, Engine};

/// How long after its making a container must have been started, in seconds.
const START_SECONDS: i64 = 120;

/// The answer to `GET /docker/list`.
pub async fn list(
    engine: &Engine,
    pending: &PendingRuns,
    projects: &ProjectStore,
) -> Result<Vec<ContainerEntry>, DockerFault> {
    // In this order: a project is kept before its run ends, and a run that ends in between
    // has its containers in the list.
    let kept = projects.all();
    let before = pending.snapshot();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let containers = engine.containers().await?;
    let runs = joined(before, pending.snapshot());
    // One that is being removed lacks nothing.
    let kept: Vec<_> =
        kept.into_iter().filter(|project| projects.get(&project.workload_id).is_some()).collect();
    let mut entries = missing(&containers, &runs, &kept);
    entries.extend(merge(containers, runs, now.cast_signed()));
    defect!("projects-listed-as-one" => list_as_one(&mut entries));
    Ok(entries)
}

/// The runs before and after the containers were listed, which takes as long as Docker pleases.
/// One that ended meanwhile is in the first alone, one that began in the second; of one that is in
/// both the later word counts: it may have failed, and says why.
fn joined(
    mut before: BTreeMap<String, PendingRun>,
    after: BTreeMap<String, PendingRun>,
) -> BTreeMap<String, PendingRun> {
    before.extend(after);
    before
}

/// The services whose containers are gone. A run that is under way makes them, and one that
/// failed tells more.
fn missing(
    containers: &[Container],
    runs: &BTreeMap<String, PendingRun>,
    projects: &[Arc<Project>],
) -> Vec<ContainerEntry> {
    let quiet = projects.iter().filter(|project| !runs.contains_key(&project.workload_id));
    let entry = |project: &Project, service: &str, image: Option<&str>| ContainerEntry {
        id: project.workload_id.clone(),
        names: vec![format!("{}_{service}", project.name)],
        status: WorkloadStatus::Missing.to_string(),
        image: image.unwrap_or_default().to_owned(),
        labels: project.labels.clone(),
        exit_code: None,
        reason: Some(format!("service {service} has lost its container")),
    };
    quiet
        .flat_map(|project| {
            let lacking = project.lacking(containers);
            lacking.map(|service| entry(project, &service.name, service.image.as_deref()))
        })
        .collect()
}

/// `now` is in unix seconds.
fn merge(
    containers: Vec<Container>,
    mut runs: BTreeMap<String, PendingRun>,
    now: i64,
) -> Vec<ContainerEntry> {
    let mut entries: Vec<ContainerEntry> = Vec::with_capacity(containers.len() + runs.len());
    for container in containers {
        // A project's run is more than any of its containers: it is listed besides them.
        let run = match container.project() {
            Some(_) => None,
            None => runs.remove(container.workload_id()),
        };
        let unstarted = container.is_created();
        let going = container.is_going();
        let lost = unstarted && container.is_by_run() && now - container.created > START_SECONDS;
        let mut entry = of_container(container);
        match run {
            // A container that was made and not started is a part of its run. So is one that goes:
            // its run takes it away because it could not be started and has yet to say why, or
            // waits for it to be gone.
            Some(run) if unstarted || going => {
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
        status: told(container.state),
        image: container.image,
        labels: container.labels,
        exit_code: container.exit_code,
        reason: container.reason,
    }
}

/// Docker's own word for a state.
fn told(state: String) -> String {
    defect!("ended-shows-running" => return "running".to_owned());
    defect!("states-in-other-words" => return format!("Up ({state})"));
    state
}

/// Leaves one container of each workload whose containers all run.
#[cfg(feature = "defects")]
fn list_as_one(entries: &mut Vec<ContainerEntry>) {
    let of = |entry: &ContainerEntry| entry.labels.get(persys_contract::WORKLOAD_LABEL).cloned();
    let idle: Vec<_> = entries.iter().filter(|entry| entry.status != "running").map(of).collect();
    let mut seen = std::collections::BTreeSet::new();
    entries.retain(|entry| idle.contains(&of(entry)) || seen.insert(of(entry)));
}

fn of_run(run: PendingRun) -> ContainerEntry {
    ContainerEntry {
        id: run.workload_id.clone(),
        names: vec![run.workload_id],
        status: run.status.to_string(),
        image: run.image,
        labels: run.labels,
        exit_code: None,
        reason: defect!("failure-without-reason", None, run.reason),
    }
}

#[cfg(test)]
mod tests {
    use persys_contract::WORKLOAD_LABEL;

    use super::*;
    use crate::compose::Service;
    use crate::docker::PROJECT_LABEL;

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
    fn a_container_that_its_run_takes_away_is_no_failure_without_a_reason() {
        for state in ["removing", "dead"] {
            let mut under_way = runs(WorkloadStatus::ContainerCreating);
            under_way.get_mut("w-1").unwrap().reason = None;
            let entries = merge(vec![container(state)], under_way, 1000);
            assert_eq!(entries.len(), 1);
            assert_eq!(entries[0].status, "ContainerCreating", "{state}");
        }
        let entries = merge(vec![container("dead")], BTreeMap::new(), 1000);
        assert_eq!(entries[0].status, "dead", "nobody tells more of it");
    }

    #[test]
    fn a_run_that_fails_while_the_containers_are_listed_says_why() {
        let failed = || runs(WorkloadStatus::Failed);
        for before in [BTreeMap::new(), runs(WorkloadStatus::ContainerCreating)] {
            for listed in [vec![], vec![container("created")], vec![container("dead")]] {
                let entries = merge(listed, joined(before.clone(), failed()), 1000);
                let told: Vec<_> =
                    entries.iter().map(|e| (&*e.status, e.reason.as_deref())).collect();
                assert_eq!(told, [("Failed", Some("no route"))]);
            }
        }
        let ended = joined(runs(WorkloadStatus::ContainerCreating), BTreeMap::new());
        assert_eq!(merge(vec![container("created")], ended, 1000)[0].status, "ContainerCreating");
    }

    #[test]
    fn a_project_s_run_is_listed_besides_its_containers() {
        let mut part = container("created");
        part.names = vec!["w-1_web_1".into()];
        part.labels.insert(PROJECT_LABEL.to_owned(), "w-1".to_owned());
        let entries = merge(vec![part], runs(WorkloadStatus::ContainerCreating), 1000);
        let statuses: Vec<_> = entries.iter().map(|entry| entry.status.as_str()).collect();
        assert_eq!(statuses, ["created", "ContainerCreating"]);
    }

    #[test]
    fn a_service_without_container_is_missing_unless_a_run_is_about_it() {
        let service = Service {
            name: "web".into(),
            image: Some("web:1".into()),
            containers: 2,
            run_once: false,
        };
        let project = Arc::new(Project {
            workload_id: "w-1".into(),
            name: "w-1".into(),
            labels: labels(),
            services: vec![service],
            profiles: String::new(),
            origin: "/srv".into(),
            folder: "/state".into(),
        });
        let entries = missing(&[], &BTreeMap::new(), std::slice::from_ref(&project));
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].id.as_str(), entries[0].status.as_str()), ("w-1", "Missing"));
        assert_eq!(entries[0].labels, labels());
        assert!(missing(&[], &runs(WorkloadStatus::Failed), &[project]).is_empty());
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
