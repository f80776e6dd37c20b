//! That there is no answer is one, where the contract says when there must be.

use crate::{evidence::StepError, probe::ProbeError};

/// Who gives no answer in time breaks the promise to give one; anything else that
/// kept an answer away says nothing of the platform.
pub fn in_time<T>(asked: Result<T, ProbeError>) -> Result<T, StepError> {
    asked.map_err(|error| match error.is_timeout() {
        true => StepError::failed(error.to_string()),
        false => error.into(),
    })
}
