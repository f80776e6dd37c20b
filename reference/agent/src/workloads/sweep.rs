//! Clears what a former life of the agent left half done.

use persys_reference_base::defect;

use crate::compose::ProjectStore;
use crate::docker::{Container, DockerFault, Engine};

/// Removes containers that were made for a workload and never started: the agent went away
/// between the two. They hold nothing, and nobody would ever start them. The files of projects
/// that have no container go too. To be called before the first order is taken.
pub async fn sweep(engine: &Engine, projects: &ProjectStore) -> Result<(), DockerFault> {
    let containers = engine.containers().await?;
    defect!("restart-restarts-containers" => for container in &containers {
        engine.stop(&container.id).await?;
        engine.start(&container.id).await?;
    });
    for project in projects.all() {
        let own = |container: &Container| container.workload_id() == project.workload_id;
        if !containers.iter().any(|container| own(container) && !container.is_created()) {
            tracing::info!(workloadId = project.workload_id, "removing what is left of a project");
            if let Some(project) = projects.take(&project.workload_id) {
                projects.discard(&project);
            }
        }
    }
    for container in containers {
        let ours = container.is_by_run() || container.project().is_some();
        if ours && container.is_created() {
            tracing::info!(
                workloadId = container.workload_id(),
                container = container.id,
                "removing a container that was never started"
            );
            engine.remove(&container.id).await?;
        }
    }
    Ok(())
}
