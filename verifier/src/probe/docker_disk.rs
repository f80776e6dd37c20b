//! What an engine keeps on its machine's disk.

use bollard::query_parameters::{ListContainersOptions, ListImagesOptions};
use serde_json::json;

use super::{DockerProbe, ProbeError};

/// In bytes. Layers that images share count for each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskUsage {
    pub images: u64,
    /// What containers, running or not, have written.
    pub containers: u64,
}

impl DiskUsage {
    pub fn total(self) -> u64 {
        self.images + self.containers
    }
}

impl DockerProbe {
    pub async fn disk_usage(&self) -> Result<DiskUsage, ProbeError> {
        let (images, containers) = self
            .call("what it keeps on disk", |docker| async move {
                let images = ListImagesOptions { all: true, ..Default::default() };
                let images = docker.list_images(Some(images)).await?;
                let containers =
                    ListContainersOptions { all: true, size: true, ..Default::default() };
                Ok((images, docker.list_containers(Some(containers)).await?))
            })
            .await?;
        let bytes = |size: i64| size.max(0).unsigned_abs();
        let usage = DiskUsage {
            images: images.iter().map(|image| bytes(image.size)).sum(),
            containers: containers.iter().filter_map(|c| c.size_rw).map(bytes).sum(),
        };
        let DiskUsage { images, containers } = usage;
        let summary = format!("{images} bytes of images, {containers} written by containers");
        self.saw(summary, json!({ "imagesBytes": images, "containersBytes": containers }));
        Ok(usage)
    }
}
