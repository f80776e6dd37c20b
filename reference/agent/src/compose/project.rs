//! A project that is ready to be brought up, or was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::message::Redaction;
use super::model::Service;
use crate::docker::Container;

/// The labels by which docker-compose knows what is its own.
pub const SERVICE_LABEL: &str = "com.docker.compose.service";

/// What is kept of a project besides its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    pub workload_id: String,
    /// The project's name.
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub services: Vec<Service>,
    /// Those that were asked for, as a comma list.
    pub profiles: String,
    /// The folder that the compose file was found in.
    pub origin: PathBuf,
    /// Where its files are; its place is not a part of them.
    #[serde(skip)]
    pub folder: PathBuf,
}

impl Project {
    /// The resolved compose file.
    pub fn resolved(&self) -> PathBuf {
        resolved(&self.folder)
    }

    pub fn overlay(&self) -> PathBuf {
        overlay(&self.folder)
    }

    /// What of its places is not told.
    pub fn redaction(&self) -> Redaction {
        Redaction::default().folder(&self.folder).folder(&self.origin)
    }

    /// The services that have too few of these containers.
    pub fn lacking<'a>(&'a self, containers: &'a [Container]) -> impl Iterator<Item = &'a Service> {
        self.services.iter().filter(move |service| {
            let own = containers.iter().filter(|container| {
                container.labels.get(SERVICE_LABEL) == Some(&service.name)
                    && container.workload_id() == self.workload_id
                    && !container.is_going()
            });
            (own.count() as u64) < service.containers
        })
    }

    /// Whether every service has its containers, and each was started.
    pub fn is_complete(&self, containers: &[Container]) -> bool {
        self.lacking(containers).next().is_none()
            && !containers.iter().any(|container| container.is_created())
    }
}

pub fn resolved(folder: &Path) -> PathBuf {
    folder.join("resolved.yml")
}

pub fn overlay(folder: &Path) -> PathBuf {
    folder.join("labels.json")
}

/// Where a project's source is if it is not the node's.
pub fn source(folder: &Path) -> PathBuf {
    folder.join("source")
}

#[cfg(test)]
mod tests {
    use persys_contract::WORKLOAD_LABEL;

    use super::*;

    fn project() -> Project {
        let service = |name: &str, containers| Service {
            name: name.into(),
            image: None,
            containers,
            run_once: false,
        };
        Project {
            workload_id: "w-1".into(),
            name: "w-1".into(),
            labels: BTreeMap::new(),
            services: vec![service("db", 1), service("off", 0), service("web", 2)],
            profiles: String::new(),
            origin: "/srv".into(),
            folder: "/state/x".into(),
        }
    }

    fn container(service: &str, state: &str) -> Container {
        let labels = [(SERVICE_LABEL, service), (WORKLOAD_LABEL, "w-1")];
        Container {
            labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            state: state.to_owned(),
            ..Container::default()
        }
    }

    fn lacking(containers: &[Container]) -> Vec<String> {
        project().lacking(containers).map(|service| service.name.clone()).collect()
    }

    #[test]
    fn each_service_must_have_its_containers() {
        assert_eq!(lacking(&[]), ["db", "web"]);
        let all =
            [container("db", "exited"), container("web", "running"), container("web", "paused")];
        assert!(lacking(&all).is_empty() && project().is_complete(&all));
        assert_eq!(lacking(&all[..2]), ["web"]);
        assert_eq!(lacking(&[&all[1..], &[container("db", "dead")]].concat()), ["db"]);
        let mut other = all.to_vec();
        other[0].labels.insert(WORKLOAD_LABEL.to_owned(), "w-2".to_owned());
        assert_eq!(lacking(&other), ["db"]);
        let mut unstarted = all.to_vec();
        unstarted[0].state = "created".to_owned();
        assert!(!project().is_complete(&unstarted));
    }
}
