//! All that a compose project has in Docker, by the label that docker-compose gives to it.

use std::collections::HashMap;
use std::time::Duration;

use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
    RemoveVolumeOptions,
};
use tokio::time::{Instant, sleep};

use super::{DockerFault, Engine};

/// The label that bears the project's name.
pub const PROJECT_LABEL: &str = "com.docker.compose.project";

/// How long a network or volume may stay in use by a container that is about to go, and how
/// often it is looked at.
const RELEASE_DEADLINE: Duration = Duration::from_secs(5);
const RELEASE_POLL: Duration = Duration::from_millis(100);

/// What a project has besides its containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leavings {
    /// What the next bringing up makes again as it was.
    Networks,
    /// That, and the data.
    NetworksAndVolumes,
}

impl Engine {
    /// Removes a project's containers whatever their state, its networks and, if so ordered,
    /// its volumes. Whether there was anything.
    pub async fn remove_project(
        &self,
        name: &str,
        leavings: Leavings,
    ) -> Result<bool, DockerFault> {
        let mut found = self.remove_project_containers(name).await?;
        found |= self.remove_networks(name).await?;
        if leavings == Leavings::NetworksAndVolumes {
            found |= self.remove_volumes(name).await?;
        }
        Ok(found)
    }

    /// Whether there were any.
    pub async fn remove_project_containers(&self, name: &str) -> Result<bool, DockerFault> {
        let docker = self.client()?;
        let filters = of_project(name);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let listed = self.read(docker.list_containers(Some(options))).await?;
        let ids: Vec<String> = listed.into_iter().filter_map(|container| container.id).collect();
        futures::future::try_join_all(ids.iter().map(|id| self.remove(id))).await?;
        Ok(!ids.is_empty())
    }

    async fn remove_networks(&self, name: &str) -> Result<bool, DockerFault> {
        let docker = self.client()?;
        let options = ListNetworksOptionsBuilder::default().filters(&of_project(name)).build();
        let networks = self.read(docker.list_networks(Some(options))).await?;
        let ids: Vec<String> = networks.into_iter().filter_map(|network| network.id).collect();
        for id in &ids {
            self.remove_released(Leaving::Network(id)).await?;
        }
        Ok(!ids.is_empty())
    }

    async fn remove_volumes(&self, name: &str) -> Result<bool, DockerFault> {
        let docker = self.client()?;
        let options = ListVolumesOptionsBuilder::default().filters(&of_project(name)).build();
        let volumes = self.read(docker.list_volumes(Some(options))).await?;
        let names: Vec<String> =
            volumes.volumes.unwrap_or_default().into_iter().map(|volume| volume.name).collect();
        for volume in &names {
            self.remove_released(Leaving::Volume(volume)).await?;
        }
        Ok(!names.is_empty())
    }

    /// Removes one, and waits a little if it is in use still. What is gone is removed.
    async fn remove_released(&self, leaving: Leaving<'_>) -> Result<(), DockerFault> {
        let deadline = Instant::now() + RELEASE_DEADLINE;
        loop {
            let docker = self.client()?;
            let removed = match leaving {
                Leaving::Network(id) => self.write(docker.remove_network(id)).await,
                Leaving::Volume(name) => {
                    self.write(docker.remove_volume(name, None::<RemoveVolumeOptions>)).await
                }
            };
            match removed {
                Err(fault) if fault.is_not_found() => return Ok(()),
                Err(DockerFault::Refused { status: 403 | 409, .. })
                    if Instant::now() < deadline =>
                {
                    sleep(RELEASE_POLL).await;
                }
                outcome => return outcome,
            }
        }
    }
}

/// What may be in use still.
#[derive(Clone, Copy)]
enum Leaving<'a> {
    Network(&'a str),
    Volume(&'a str),
}

fn of_project(name: &str) -> HashMap<&'static str, Vec<String>> {
    HashMap::from([("label", vec![format!("{PROJECT_LABEL}={name}")])])
}
