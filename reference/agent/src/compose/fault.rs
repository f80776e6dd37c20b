//! Why a project was not brought up.

use std::time::Duration;

use super::process::ProcessFault;
use crate::docker::DockerFault;

/// What went wrong, in a sentence without paths and secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectFault {
    #[error("{0} is not installed on this node")]
    NoProgram(&'static str),
    #[error("{program} took longer than {} s", after.as_secs())]
    TimedOut { program: &'static str, after: Duration },
    /// The program's own words.
    #[error("{program}: {message}")]
    Refused { program: &'static str, message: String },
    /// The project itself cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The agent cannot keep its files. The text is for the log.
    #[error("the agent cannot keep the project's files")]
    Files { detail: String },
    /// Nobody wants it any more.
    #[error("the project is not wanted any more")]
    GivenUp,
}

impl ProjectFault {
    pub fn unusable(text: impl Into<String>) -> Self {
        Self::Unusable(text.into())
    }

    pub fn files(error: impl std::fmt::Display) -> Self {
        Self::Files { detail: error.to_string() }
    }

    pub fn of_process(program: &'static str, fault: ProcessFault) -> Self {
        match fault {
            ProcessFault::Absent => Self::NoProgram(program),
            ProcessFault::TimedOut(after) => Self::TimedOut { program, after },
            ProcessFault::GivenUp => Self::GivenUp,
            ProcessFault::Run(error) => {
                tracing::warn!(program, %error, "failed to run a program");
                Self::Refused { program, message: "it cannot be run".to_owned() }
            }
        }
    }
}

impl From<ProjectFault> for DockerFault {
    fn from(fault: ProjectFault) -> Self {
        if let ProjectFault::Files { detail } = &fault {
            tracing::warn!(detail, "failed to keep a project's files");
        }
        Self::Refused { status: 500, message: fault.to_string() }
    }
}
