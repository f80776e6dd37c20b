//! Why components could not be seen or moved.

use std::{io, path::PathBuf};

use crate::{
    machine::CommandError, protocol::RefusalCode, refused::Refused, supervisor::SupervisorError,
};

#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    #[error("find a component called \"{0}\"")]
    UnknownComponent(String),
    #[error(transparent)]
    Supervisor(#[from] SupervisorError),
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error("understand {program}: {detail}")]
    Garbled { program: &'static str, detail: String },
    #[error("write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("read {}: {source}", path.display())]
    Log { path: PathBuf, source: io::Error },
}

impl From<BackendError> for Refused {
    fn from(error: BackendError) -> Self {
        let code = match &error {
            BackendError::UnknownComponent(_) => RefusalCode::UnknownComponent,
            BackendError::Supervisor(SupervisorError::Refused(_))
            | BackendError::Write { .. }
            | BackendError::Log { .. }
            | BackendError::Command(CommandError::Failed { .. }) => RefusalCode::Failed,
            _ => RefusalCode::BackendUnavailable,
        };
        Self::new(code, format!("failed to {error}"))
    }
}
