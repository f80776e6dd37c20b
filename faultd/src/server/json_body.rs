//! Reads the JSON body of a request: bounded in size and in time.

use std::time::Duration;

use axum::{
    Json,
    extract::{FromRequest, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::{protocol::RefusalCode, refused::Refused};

const MAX_BYTES: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refused> {
        let reading = Limited::new(request.into_body(), MAX_BYTES).collect();
        let body = timeout(PATIENCE, reading)
            .await
            .map_err(|_| {
                let error = format!("the body did not arrive within {PATIENCE:?}");
                Refused::new(RefusalCode::RequestTimeout, error)
            })?
            .map_err(|error| {
                if error.is::<LengthLimitError>() {
                    let error = format!("the body has more than {MAX_BYTES} bytes");
                    Refused::new(RefusalCode::TooLarge, error)
                } else {
                    Refused::new(RefusalCode::BadRequest, "the body broke off")
                }
            })?
            .to_bytes();
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Refused::new(RefusalCode::InvalidJson, format!("the body: {error}")))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.body())).into_response()
    }
}
