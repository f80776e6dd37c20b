//! Stops, kills and pauses components, and brings them back.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{
    backend::Backend,
    machine::first_not_held,
    protocol::{Component, ComponentState, FAULTD, Fault, RefusalCode},
    refused::Refused,
};

/// How long a component may take to show that it runs again.
const PATIENCE: Duration = Duration::from_secs(5);
/// A component that starts without having told that it is ready counts as running
/// when it has lived this long: what it waits for may be away itself.
const LIVES: Duration = Duration::from_millis(300);
const POLL: Duration = Duration::from_millis(30);

/// Faults of components.
#[derive(Clone)]
pub(crate) struct Components {
    backend: Arc<dyn Backend>,
}

impl Components {
    pub(crate) fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend }
    }

    /// Only what runs can be stopped, killed or paused: a fault without effect would
    /// prove nothing.
    pub(super) async fn check(&self, name: &str) -> Result<(), Refused> {
        if name == FAULTD {
            let error = "the fault daemon cannot heal a fault of itself";
            return Err(Refused::new(RefusalCode::BadRequest, error));
        }
        let component = self.backend.find(name).await?;
        if component.state.is_running() {
            return Ok(());
        }
        let error = format!("{name} is {}, not running", component.state.as_str());
        Err(Refused::new(RefusalCode::Conflict, error))
    }

    pub(super) async fn find(&self, name: &str) -> Result<Component, Refused> {
        Ok(self.backend.find(name).await?)
    }

    pub(super) async fn stop(&self, name: &str) -> Result<(), Refused> {
        self.backend.stop(name).await?;
        self.expect(name, "stopped", |component| !component.state.has_processes()).await
    }

    pub(super) async fn kill(&self, name: &str) -> Result<(), Refused> {
        let before = self.backend.find(name).await?.pid;
        self.backend.kill(name).await?;
        self.expect(name, "killed", |component| {
            !component.state.has_processes() || component.pid != before
        })
        .await
    }

    pub(super) async fn pause(&self, name: &str) -> Result<(), Refused> {
        self.backend.pause(name).await?;
        self.expect(name, "paused", |component| component.state == ComponentState::Paused).await?;
        let deadline = Instant::now() + PATIENCE;
        // A process that is in the kernel stops when it comes out of it.
        loop {
            let component = self.backend.find(name).await?;
            let processes = self.backend.processes(&component).await;
            let Some(moving) = first_not_held(processes) else { return Ok(()) };
            if Instant::now() >= deadline {
                return Err(Refused::failed(format!("process {moving} of {name} is not held")));
            }
            sleep(POLL).await;
        }
    }

    /// Gives the order once more and waits for it. What it says does not matter: in
    /// any case nothing is under way then.
    pub(super) async fn settle(&self, fault: &Fault) {
        let outcome = match fault {
            Fault::Stop { component } => self.backend.stop(component).await,
            Fault::Kill { component } => self.backend.kill(component).await,
            Fault::Pause { component } => self.backend.pause(component).await,
            _ => return,
        };
        if let Err(error) = outcome {
            tracing::debug!(%fault, reason = %error, "nothing to settle");
        }
    }

    /// Starts the component unless somebody has, and sees it run.
    pub(crate) async fn bring_back(&self, name: &str) -> Result<String, String> {
        let found = self.look(name).await?;
        let allowed = self.backend.allow_restart(name).await;
        allowed.map_err(|error| format!("failed to {error}"))?;
        if found.state.is_running() {
            return Ok(format!("{name} was {} already", found.state.as_str()));
        }
        self.backend.start(name).await.map_err(|error| format!("failed to {error}"))?;
        self.see_running(name).await
    }

    /// Lets the component go on, and sees it run. One that has ended meanwhile is
    /// left alone: the pause is over all the same.
    pub(super) async fn resume(&self, name: &str) -> Result<String, String> {
        let found = self.look(name).await?;
        if found.state != ComponentState::Paused {
            return Ok(format!("{name} was {}, not paused", found.state.as_str()));
        }
        self.backend.resume(name).await.map_err(|error| format!("failed to {error}"))?;
        self.see_running(name).await
    }

    async fn look(&self, name: &str) -> Result<Component, String> {
        self.backend.find(name).await.map_err(|error| format!("failed to {error}"))
    }

    async fn see_running(&self, name: &str) -> Result<String, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut seen: Option<(Option<u32>, Instant)> = None;
        loop {
            let found = self.look(name).await?;
            let state = found.state.as_str();
            let (pid, since) = match seen {
                Some(seen) if seen.0 == found.pid => seen,
                _ => *seen.insert((found.pid, Instant::now())),
            };
            let settled = match found.state {
                ComponentState::Ready => true,
                ComponentState::Running | ComponentState::Starting => since.elapsed() >= LIVES,
                _ => false,
            };
            if settled && let Some(pid) = pid {
                return Ok(format!("{name} is {state} with process {pid}"));
            }
            if Instant::now() >= deadline {
                let exit = found.exit.map(|exit| format!(" ({exit})")).unwrap_or_default();
                return Err(format!("{name} is {state}{exit} after {PATIENCE:?}"));
            }
            sleep(POLL).await;
        }
    }

    async fn expect(
        &self,
        name: &str,
        what: &str,
        is: impl Fn(&Component) -> bool,
    ) -> Result<(), Refused> {
        let found = self.backend.find(name).await?;
        if is(&found) {
            return Ok(());
        }
        Err(Refused::failed(format!("{name} is {} and not {what}", found.state.as_str())))
    }
}
