//! Containers and workload records fit each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    context::Context,
    evidence::{Progress, StepResult},
    probe::ListedContainer,
};

/// A container as it counts here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    node: String,
    /// Which of a project's it is; a workload that is no project has one.
    part: String,
}

impl Part {
    fn new(node: &str, container: &ListedContainer) -> Self {
        Self { node: node.to_owned(), part: container.part() }
    }
}

/// Waits, since a removal may be under way; what stays is a violation.
pub async fn have_workloads(cx: &mut Context) -> StepResult {
    let (etcd, probes) = (cx.etcd(), cx.probes());
    cx.wait("every container belongs to a workload of its node, and to no other's", || async {
        let mut parts: BTreeMap<String, Vec<Part>> = BTreeMap::new();
        for (node, docker) in probes.dockers() {
            match docker.workloads().await {
                Ok(containers) => {
                    for container in containers {
                        let workload = container.workload().unwrap_or_default().to_owned();
                        parts.entry(workload).or_default().push(Part::new(node, &container));
                    }
                }
                Err(error) => return Progress::unanswered(error),
            }
        }
        // Asked after the engines: a workload that was made meanwhile has its record.
        let homes: BTreeMap<String, Option<String>> = match etcd.workloads().await {
            Ok(records) => {
                records.into_iter().map(|r| (r.value.id.clone(), r.value.node_id)).collect()
            }
            Err(error) => return Progress::unanswered(error),
        };
        match parts.iter().find_map(|(workload, parts)| misfit(workload, parts, &homes)) {
            Some(misfit) => Progress::NotYet(misfit),
            None => Progress::Ready(()),
        }
    })
    .await
}

/// What is wrong with the containers of a workload.
fn misfit(
    workload: &str,
    parts: &[Part],
    homes: &BTreeMap<String, Option<String>>,
) -> Option<String> {
    let nodes: BTreeSet<&str> = parts.iter().map(|part| part.node.as_str()).collect();
    let Some(home) = homes.get(workload) else {
        return Some(format!("{nodes:?}: container of {workload}, which has no record"));
    };
    if nodes.iter().any(|node| home.as_deref() != Some(node)) {
        return Some(format!("{workload} has containers on {nodes:?}, its record says {home:?}"));
    }
    let different: BTreeSet<_> = parts.iter().collect();
    (different.len() < parts.len())
        .then(|| format!("{workload} runs more than once on {nodes:?}: {parts:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(parts: &[(&str, &str)]) -> Option<String> {
        let part = |(node, part): &(&str, &str)| Part {
            node: (*node).to_owned(),
            part: (*part).to_owned(),
        };
        let parts: Vec<_> = parts.iter().map(part).collect();
        let homes = [("w".to_owned(), Some("agent1".to_owned())), ("lost".to_owned(), None)];
        misfit("w", &parts, &homes.into())
    }

    #[test]
    fn the_parts_of_a_project_are_one_workload() {
        assert_eq!(told(&[("agent1", "")]), None);
        assert_eq!(told(&[("agent1", "db1"), ("agent1", "web1"), ("agent1", "web2")]), None);
    }

    #[test]
    fn what_runs_twice_or_elsewhere_is_told() {
        for (parts, wanted) in [
            (&[("agent1", ""), ("agent1", "")][..], "more than once"),
            (&[("agent1", "web1"), ("agent1", "web1")], "more than once"),
            (&[("agent2", "")], "its record says"),
            (&[("agent1", "web1"), ("agent2", "db1")], "its record says"),
        ] {
            let told = told(parts).unwrap();
            assert!(told.contains(wanted), "{told}");
        }
        assert!(misfit("x", &[], &BTreeMap::new()).unwrap().contains("no record"));
    }

    #[test]
    fn a_listed_container_is_known_by_its_service_and_number() {
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let labels = [
            label(crate::probe::SERVICE_LABEL, "web"),
            label("com.docker.compose.container-number", "2"),
        ];
        let container = ListedContainer {
            id: "1".into(),
            name: "p_web_2".into(),
            image: "web:1".into(),
            state: "running".into(),
            labels: labels.into(),
        };
        assert_eq!(Part::new("agent1", &container).part, "web2");
        let plain = ListedContainer { labels: BTreeMap::new(), ..container };
        assert_eq!(Part::new("agent1", &plain).part, "");
    }
}
