//! The test network's authority, for certificates that only a test wants.

use persys_identity::{Authority, AuthorityError};

use crate::{context::Context, evidence::StepError};

/// The authority. Without its key nothing can be certified.
pub fn authority(cx: &Context) -> Result<Authority, StepError> {
    cx.probes().authority()?.ok_or_else(|| {
        StepError::skipped("needs the authority's ca.key among the client's credentials")
    })
}

/// A certificate that could not be made is no fault of the platform's.
pub fn unmade(error: AuthorityError) -> StepError {
    StepError::error(format!("failed to {error}"))
}
