//! What Compose makes beside containers.

use std::collections::HashMap;

use bollard::query_parameters::{ListNetworksOptions, ListVolumesOptions};
use serde_json::json;

use super::{DockerProbe, ProbeError};

/// Compose names a container's project and service so.
pub const PROJECT_LABEL: &str = "com.docker.compose.project";
pub const SERVICE_LABEL: &str = "com.docker.compose.service";
/// A container's number among those of its service.
pub(super) const NUMBER_LABEL: &str = "com.docker.compose.container-number";

impl DockerProbe {
    /// The networks and volumes of a project, such as `network shop_default`, sorted.
    pub async fn belongings(&self, project: &str) -> Result<Vec<String>, ProbeError> {
        let label = format!("{PROJECT_LABEL}={project}");
        let filters = HashMap::from([("label".to_owned(), vec![label])]);
        let (networks, volumes) = self
            .call(&format!("the networks and volumes of {project}"), move |docker| {
                let filters = Some(filters.clone());
                let of_networks = ListNetworksOptions { filters: filters.clone() };
                let of_volumes = ListVolumesOptions { filters };
                async move {
                    let networks = docker.list_networks(Some(of_networks)).await?;
                    Ok((networks, docker.list_volumes(Some(of_volumes)).await?))
                }
            })
            .await?;
        let networks = networks.into_iter().filter_map(|network| network.name);
        let volumes = volumes.volumes.unwrap_or_default().into_iter().map(|volume| volume.name);
        let mut found: Vec<_> = networks
            .map(|name| format!("network {name}"))
            .chain(volumes.map(|name| format!("volume {name}")))
            .collect();
        found.sort();
        let summary = format!("{project} has {} networks and volumes", found.len());
        self.saw(summary, json!({ "project": project, "belongings": found }));
        Ok(found)
    }
}
