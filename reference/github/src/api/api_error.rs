//! The API's refusals.

use axum::{
    Json,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Becomes `{"message","documentation_url","status"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    BadCredentials,
    RequiresAuthentication,
    /// GitHub turns clients away that do not name themselves.
    NoUserAgent,
    /// A parameter has a value that it cannot have.
    ValidationFailed,
    RateLimited {
        whom: String,
    },
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, message, place) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "Not Found".to_owned(), "/rest"),
            Self::BadCredentials => {
                (StatusCode::UNAUTHORIZED, "Bad credentials".to_owned(), "/rest")
            }
            Self::RequiresAuthentication => {
                (StatusCode::UNAUTHORIZED, "Requires authentication".to_owned(), "/rest")
            }
            Self::NoUserAgent => {
                let text = "\r\nRequest forbidden by administrative rules. Please make sure your \
                            request has a User-Agent header.\r\n";
                return (StatusCode::FORBIDDEN, [(CONTENT_TYPE, "text/html")], text)
                    .into_response();
            }
            Self::ValidationFailed => {
                (StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed".to_owned(), "/rest")
            }
            Self::RateLimited { whom } => (
                StatusCode::FORBIDDEN,
                format!("API rate limit exceeded for {whom}."),
                "/rest/overview/rate-limits-for-the-rest-api",
            ),
        };
        let body = json!({
            "message": message,
            "documentation_url": format!("https://docs.github.com{place}"),
            "status": status.as_str(),
        });
        (status, Json(body)).into_response()
    }
}
