//! What a resolved compose file says of its services, as far as the agent must know it.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::fault::ProjectFault;

/// What Compose called its first format, in which services are at the top.
const OLDEST_VERSION: &str = "1";

/// One service of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    pub name: String,
    /// Absent where the image is built on the node.
    pub image: Option<String>,
    /// How many containers it has.
    pub containers: u64,
    /// Whether it is done once it has exited with code 0.
    pub run_once: bool,
}

/// A resolved compose file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub version: Option<String>,
    /// Those that are brought up.
    pub services: Vec<Service>,
    /// All others, which their profile keeps out.
    pub idle: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    version: Option<String>,
    #[serde(default)]
    services: BTreeMap<String, Definition>,
}

#[derive(Deserialize)]
struct Definition {
    image: Option<String>,
    build: Option<IgnoredAny>,
    restart: Option<String>,
    scale: Option<u64>,
    deploy: Option<Deployment>,
    #[serde(default)]
    profiles: Vec<String>,
    depends_on: Option<Dependencies>,
}

#[derive(Deserialize)]
struct Deployment {
    mode: Option<String>,
    replicas: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependencies {
    Conditions(BTreeMap<String, Dependency>),
    Names(#[expect(dead_code, reason = "names alone set no condition")] Vec<String>),
}

#[derive(Deserialize)]
struct Dependency {
    condition: Option<String>,
}

impl Definition {
    fn containers(&self) -> u64 {
        let replicas = self.deploy.as_ref().filter(|d| d.mode.as_deref() != Some("global"));
        self.scale.or(replicas.and_then(|deploy| deploy.replicas)).unwrap_or(1)
    }

    /// A policy that is written down; without one the platform keeps the service running.
    fn ends_well(&self) -> bool {
        let policy = self.restart.as_deref().unwrap_or_default();
        policy == "no" || policy == "on-failure" || policy.starts_with("on-failure:")
    }

    fn is_in(&self, profiles: &[&str]) -> bool {
        self.profiles.is_empty()
            || self.profiles.iter().any(|own| profiles.contains(&own.as_str()))
            || profiles.contains(&"*")
    }
}

impl Model {
    /// Reads what `docker-compose config` printed. `profiles` is a comma list.
    pub fn read(text: &str, profiles: &str) -> Result<Self, ProjectFault> {
        let document: Document = serde_saphyr::from_str(text).map_err(|error| {
            tracing::warn!(%error, "failed to read a resolved compose file");
            ProjectFault::unusable("the resolved compose file cannot be read")
        })?;
        if document.version.as_deref() == Some(OLDEST_VERSION) {
            return Err(ProjectFault::unusable("the compose file has no \"services\""));
        }
        let profiles: Vec<&str> = profiles.split(',').map(str::trim).collect();
        let awaited: Vec<&String> = document
            .services
            .values()
            .filter_map(|definition| match &definition.depends_on {
                Some(Dependencies::Conditions(conditions)) => Some(conditions),
                Some(Dependencies::Names(_)) | None => None,
            })
            .flatten()
            .filter(|(_, on)| on.condition.as_deref() == Some("service_completed_successfully"))
            .map(|(name, _)| name)
            .collect();
        let (mut services, mut idle) = (Vec::new(), Vec::new());
        for (name, definition) in &document.services {
            if !definition.is_in(&profiles) {
                idle.push(name.clone());
                continue;
            }
            services.push(Service {
                name: name.clone(),
                image: definition.image.clone().filter(|_| definition.build.is_none()),
                containers: definition.containers(),
                run_once: definition.ends_well() || awaited.contains(&name),
            });
        }
        if !services.iter().any(|service| service.containers > 0) {
            return Err(ProjectFault::unusable("the compose file has no services"));
        }
        Ok(Self { version: document.version, services, idle })
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
