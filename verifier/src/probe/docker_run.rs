//! Containers that the verifier itself runs, as a user with `docker run` would: the
//! measure of what the engine alone can do.

use bollard::{
    models::ContainerCreateBody,
    query_parameters::{CreateContainerOptions, RemoveContainerOptions, StartContainerOptions},
};
use serde_json::json;

use super::{DockerProbe, ProbeError, docker::found};

/// A container of nobody's workload.
#[derive(Clone, Debug)]
pub struct PlainContainer {
    pub name: String,
    pub image: String,
    /// The image's own where it is absent.
    pub command: Option<Vec<String>>,
}

impl DockerProbe {
    /// `docker run -d`: makes a container and starts it; its id. It bears no
    /// `workloadId` label, so the platform leaves it alone.
    pub async fn run(&self, container: &PlainContainer) -> Result<String, ProbeError> {
        let PlainContainer { name, image, command } = container;
        let id = self
            .call(&format!("a new container {name}"), move |docker| async move {
                let options =
                    CreateContainerOptions { name: Some(name.clone()), ..Default::default() };
                let body = ContainerCreateBody {
                    image: Some(image.clone()),
                    cmd: command.clone(),
                    ..Default::default()
                };
                let id = docker.create_container(Some(options), body).await?.id;
                docker.start_container(&id, None::<StartContainerOptions>).await?;
                Ok(id)
            })
            .await?;
        let data = json!({ "container": id, "name": name, "image": image });
        self.saw(format!("container {name} was started by the verifier"), data);
        Ok(id)
    }

    /// `docker rm -f -v`; whether it was there.
    pub async fn remove(&self, container: &str) -> Result<bool, ProbeError> {
        let removed = self
            .call(&format!("the removal of {container}"), move |docker| async move {
                let options = RemoveContainerOptions { force: true, v: true, ..Default::default() };
                found(docker.remove_container(container, Some(options)).await)
            })
            .await?;
        let data = json!({ "container": container, "removed": removed.is_some() });
        self.saw(format!("container {container} was removed by the verifier"), data);
        Ok(removed.is_some())
    }
}
