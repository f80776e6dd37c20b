//! JSON bodies of the tests' interface.

use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
    response::Response,
};
use persys_reference_base::http::read_body;
use serde::de::DeserializeOwned;

use super::gate::refusal;

/// A body of the expected shape, whatever its content type; else 422.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let bytes = read_body(request.into_body())
            .await
            .map_err(|error| refusal(StatusCode::BAD_REQUEST, error.message))?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            refusal(StatusCode::UNPROCESSABLE_ENTITY, format!("failed to read the body: {error}"))
        })
    }
}
