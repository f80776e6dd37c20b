//! What can go wrong with the store.

use persys_contract::ErrorCode;
use persys_reference_base::{defect, http::ApiError};

#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or not in time; what was to be written may or may not be.
    #[error("reach the store: {0}")]
    Unavailable(String),
    /// It answered that it will not have this.
    #[error("have the store take a record: {0}")]
    Refused(String),
    #[error("read the record at {key}: {cause}")]
    Unreadable { key: String, cause: String },
    /// Others changed the record again and again.
    #[error("change the record at {0}, which others keep changing")]
    Contended(String),
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::warn!("failed to {error}");
        defect!("store-away-is-our-fault" => if matches!(error, StoreError::Unavailable(_)) {
            return Self::internal();
        });
        match error {
            StoreError::Unavailable(_) => {
                Self::new(ErrorCode::StoreUnavailable, "the store does not answer")
            }
            StoreError::Contended(_) => {
                Self::new(ErrorCode::StoreUnavailable, "the record is being changed by others")
            }
            StoreError::Refused(_) => {
                Self::new(ErrorCode::StoreUnavailable, "the store does not take the record")
            }
            StoreError::Unreadable { .. } => Self::internal(),
        }
    }
}
