//! Acts that are done once and not healed.

use std::fmt;

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

/// For logs and reports.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, whom) = match self {
            Self::Start { component } => ("start", component),
            Self::Stop { component } => ("stop", component),
            Self::Restart { component } => ("restart", component),
            Self::Kill { component } => ("kill", component),
            Self::ContainerKill { container } => ("kill the container", container),
            Self::ContainerStop { container } => ("stop the container", container),
            Self::ContainerRemove { container } => ("remove the container", container),
            Self::ContainerPause { container } => ("pause the container", container),
            Self::ContainerUnpause { container } => ("let the container go on", container),
        };
        write!(f, "{what} {whom}")
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
