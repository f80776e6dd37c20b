//! Whether an image is on the node, and how it gets there.

use std::time::Duration;

use bollard::query_parameters::CreateImageOptionsBuilder;
use futures::StreamExt;

use super::{DockerFault, Engine};

/// How long a pull may go on without a sign of life.
const PULL_SILENCE: Duration = Duration::from_secs(60);

impl Engine {
    /// Whether Docker holds the image already.
    pub async fn has_image(&self, image: &str) -> Result<bool, DockerFault> {
        let docker = self.client()?;
        match self.read(docker.inspect_image(image)).await {
            Ok(_) => Ok(true),
            Err(fault) if fault.is_not_found() => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Pulls an image. Dropping the future makes Docker give up the pull.
    pub async fn pull(&self, image: &str) -> Result<(), DockerFault> {
        let docker = self.client()?;
        let options = CreateImageOptionsBuilder::default().from_image(image).build();
        let mut progress = docker.create_image(Some(options), None, None);
        loop {
            match tokio::time::timeout(PULL_SILENCE, progress.next()).await {
                Ok(Some(step)) => drop(step?),
                Ok(None) => return Ok(()),
                Err(_) => {
                    let message =
                        format!("the pull made no progress for {} s", PULL_SILENCE.as_secs());
                    return Err(DockerFault::Refused { status: 500, message });
                }
            }
        }
    }
}
