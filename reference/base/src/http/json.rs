//! JSON bodies.

use axum::extract::{FromRequest, Request};
use persys_contract::ErrorCode;
use serde::de::DeserializeOwned;

use super::{ApiError, LimitedBytes};
use crate::defect;

/// A body that is a JSON object of the expected shape; else 400 `invalid_json`.
/// The content type is not asked for.
pub struct StrictJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for StrictJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let LimitedBytes(bytes) = LimitedBytes::from_request(request, state).await?;
        Self::parse(&bytes)
    }
}

impl<T: DeserializeOwned> StrictJson<T> {
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        let code = defect!("broken-json-is-our-fault", ErrorCode::Internal, ErrorCode::InvalidJson);
        let refused = |why: String| {
            defect!("broken-json-kills-scheduler" => std::process::abort());
            defect!("broken-json-panics" => drop(std::thread::spawn(|| panic!("no JSON")).join()));
            defect!("refusal-names-a-file" => return ApiError::new(
                code,
                "the body cannot be read: /var/lib/persys/prow/request.json, line 1",
            ));
            ApiError::new(code, format!("the body {why}"))
        };
        // A list would be read too, as the fields' values in their order.
        if bytes.trim_ascii_start().first().is_some_and(|&first| first == b'[') {
            return Err(refused("is a list, not an object".to_owned()));
        }
        serde_json::from_slice(bytes)
            .map(Self)
            .map_err(|error| refused(format!("cannot be read: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use persys_contract::DesiredStateChange;

    use super::*;

    #[test]
    fn what_is_no_json_or_of_another_shape_is_refused() {
        for odd in [
            "",
            "{",
            " [\"Stopped\"]",
            "{}",
            "{\"desiredState\":\"Paused\"}",
            "{\"desiredState\":1}",
            "\u{0}",
        ] {
            let error = StrictJson::<DesiredStateChange>::parse(odd.as_bytes()).err().unwrap();
            assert_eq!(error.code, ErrorCode::InvalidJson, "{odd}");
        }
        assert!(StrictJson::<DesiredStateChange>::parse(b"{\"desiredState\":\"stopped\"}").is_ok());
    }
}
