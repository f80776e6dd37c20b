//! A refusal on its way to the caller.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use persys_contract::{ErrorBody, ErrorCode};

/// Becomes `{"error","code"}` with the code's status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub code: ErrorCode,
    /// One sentence for the caller; never a path, a secret or a cause's details.
    pub message: String,
}

impl ApiError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// Hides what happened from the caller; whoever makes it logs the cause.
    pub fn internal() -> Self {
        Self::new(ErrorCode::Internal, "the service failed to answer this request")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(ErrorBody::new(self.code, self.message))).into_response();
        response.extensions_mut().insert(self.code);
        response
    }
}

/// Marks a response (as an extension) whose error body is not ours to shape,
/// because it was forwarded from another component.
#[derive(Clone, Copy, Debug)]
pub struct Verbatim;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_that_http_knows() {
        for &code in ErrorCode::ALL {
            let response = ApiError::new(code, "x").into_response();
            assert_eq!(response.status().as_u16(), code.status());
            assert!(response.status().is_client_error() || response.status().is_server_error());
        }
    }
}
