//! Acts that are done once and not healed.

use std::time::Duration;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::api::Shared;
use crate::{
    protocol::{Action, ActionResult, FAULTD, RefusalCode},
    refused::Refused,
};

/// How long the answer has to get out before the daemon's own end.
const LAST_WORDS: Duration = Duration::from_millis(100);

pub(super) async fn act(shared: &Shared, action: Action) -> Result<ActionResult, Refused> {
    let Some(name) = action.component().map(str::to_owned) else {
        let container = match shared.containers.act(&action).await {
            // Its socket goes with it.
            Err(refused) if refused.missing.is_some() && shared.has_docker().await => {
                let error = "the docker engine of this machine does not run";
                return Err(Refused::new(RefusalCode::BackendUnavailable, error));
            }
            outcome => outcome?,
        };
        tracing::info!(%action, status = container.status, "acted on a container");
        return Ok(ActionResult { component: None, container: Some(container) });
    };
    // Whoever runs the components decides which there are.
    let before = shared.backend.find(&name).await?;
    if name == FAULTD {
        act_on_self(shared, &action)?;
        return Ok(ActionResult { component: Some(before), container: None });
    }
    shared.keeper.refuse_if_held(&name).await?;
    match &action {
        Action::Start { .. } => shared.backend.start(&name).await?,
        Action::Stop { .. } => shared.backend.stop(&name).await?,
        Action::Restart { .. } => shared.backend.restart(&name).await?,
        _ => shared.backend.kill(&name).await?,
    }
    tracing::info!(%action, "acted on a component");
    let component = shared.backend.find(&name).await?;
    Ok(ActionResult { component: Some(component), container: None })
}

/// The daemon can be killed or restarted, so that what then becomes of its leases can
/// be seen; who runs it starts it again. The answer goes out before.
fn act_on_self(shared: &Shared, action: &Action) -> Result<(), Refused> {
    match action {
        Action::Kill { .. } => {
            tokio::spawn(async {
                tokio::time::sleep(LAST_WORDS).await;
                let _ = kill(Pid::this(), Signal::SIGKILL);
            });
        }
        Action::Restart { .. } => {
            let backend = shared.backend.clone();
            tokio::spawn(async move {
                tokio::time::sleep(LAST_WORDS).await;
                if let Err(error) = backend.restart(FAULTD).await {
                    tracing::error!(reason = %error, "not restarted");
                }
            });
        }
        Action::Start { .. } => {}
        _ => {
            let error = "a stopped fault daemon could not be started again";
            return Err(Refused::new(RefusalCode::BadRequest, error));
        }
    }
    tracing::warn!(%action, "ordered to end");
    Ok(())
}
