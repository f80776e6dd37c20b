//! What went wrong below, as the caller is told it.

use persys_contract::ErrorCode;
use persys_reference_base::http::ApiError;

use crate::docker::{DockerFault, InvalidRun};
use crate::workloads::ActionError;

/// Docker's message, or that it does not answer; the details of the latter are for the log.
pub fn of_docker(fault: DockerFault) -> ApiError {
    if let DockerFault::Unavailable { detail } = &fault {
        tracing::warn!(detail, "docker does not answer");
    }
    ApiError::new(fault.code(), fault.to_string())
}

pub fn of_action(error: ActionError) -> ApiError {
    match error {
        ActionError::Docker(fault) => of_docker(fault),
        ActionError::NotFound => ApiError::not_found(error.to_string()),
        ActionError::NoContainerYet(_) => ApiError::new(ErrorCode::Conflict, error.to_string()),
    }
}

pub fn of_order(error: InvalidRun) -> ApiError {
    ApiError::new(ErrorCode::InvalidWorkload, error.to_string())
}
