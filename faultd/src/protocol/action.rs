//! Acts that are done once and not healed.

use serde::{Deserialize, Serialize};

use super::Component;

/// One act on a component or on a container behind the agent's back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    Start { component: String },
    Stop { component: String },
    Restart { component: String },
    Kill { component: String },
    ContainerKill { container: String },
    ContainerStop { container: String },
    ContainerRemove { container: String },
    ContainerPause { container: String },
    ContainerUnpause { container: String },
}

impl Action {
    pub fn component(&self) -> Option<&str> {
        match self {
            Self::Start { component }
            | Self::Stop { component }
            | Self::Restart { component }
            | Self::Kill { component } => Some(component),
            _ => None,
        }
    }
}

/// How a container was found after the act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerState {
    pub id: String,
    /// Docker's word (`running`, `paused`, `exited`, ...), or `removed`.
    pub status: String,
}

/// What an act left behind: the component, or the container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionResult {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<ContainerState>,
}
