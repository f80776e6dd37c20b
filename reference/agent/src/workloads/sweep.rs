//! Clears what a former life of the agent left half done.

use crate::docker::{DockerFault, Engine};

/// Removes containers that were made for a workload and never started: the agent went away
/// between the two. They hold nothing, and nobody would ever start them. To be called before
/// the first order is taken.
pub async fn sweep(engine: &Engine) -> Result<(), DockerFault> {
    for container in engine.containers().await? {
        // What compose made may rightly wait for its turn.
        if container.is_by_run() && container.is_created() {
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
