//! Looks after the Docker Engine in the background: whether it answered once, and its version.

use std::time::Duration;

use tokio::sync::watch;

use super::{DockerFault, Engine};

/// How often an engine that has not answered yet is asked.
const FIRST_ASK: Duration = Duration::from_millis(200);

/// How often an engine is asked at least, and at most, once it has answered.
const ASK_BETWEEN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// What is known of the engine, shared by all who want to know.
#[derive(Clone, Debug)]
pub struct EngineWatch {
    state: watch::Sender<EngineState>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineState {
    /// It answered once, and what had to be done first is done.
    pub opened: bool,
    /// It answered when it was asked last.
    pub answers: bool,
    /// The last version it told.
    pub version: String,
}

impl Default for EngineWatch {
    fn default() -> Self {
        Self { state: watch::Sender::new(EngineState::default()) }
    }
}

impl EngineWatch {
    pub fn state(&self) -> EngineState {
        self.state.borrow().clone()
    }

    /// Returns when the engine counts as opened.
    pub async fn opened(&self) {
        // The sender lives as long as this one does.
        let _ = self.state.subscribe().wait_for(|state| state.opened).await;
    }

    /// Asks the engine for ever. `first` is done when it answers for the first time, and until
    /// it has succeeded the engine does not count as opened.
    pub async fn keep<F>(self, engine: Engine, interval: Duration, first: impl Fn() -> F)
    where
        F: Future<Output = Result<(), DockerFault>>,
    {
        let (least, most) = ASK_BETWEEN;
        loop {
            let mut state = EngineState { answers: false, ..self.state() };
            match engine.version().await {
                Ok(version) => {
                    state.answers = true;
                    state.version = version;
                    if !state.opened {
                        state.opened = succeeded(first().await);
                    }
                }
                Err(fault) => tracing::debug!(detail = ?fault, "docker does not answer"),
            }
            self.publish(state);
            let pause = if self.state().opened { interval.clamp(least, most) } else { FIRST_ASK };
            tokio::time::sleep(pause).await;
        }
    }

    fn publish(&self, state: EngineState) {
        self.state.send_if_modified(|known| {
            if known.answers != state.answers {
                match state.answers {
                    true => tracing::info!(version = state.version, "docker answers"),
                    false => tracing::warn!("docker does not answer"),
                }
            }
            let changed = *known != state;
            *known = state;
            changed
        });
    }
}

fn succeeded(outcome: Result<(), DockerFault>) -> bool {
    if let Err(fault) = &outcome {
        tracing::warn!(reason = %fault, detail = ?fault, "failed to clear up after a former life");
    }
    outcome.is_ok()
}
