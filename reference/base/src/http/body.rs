//! Request bodies, at most 1 MiB (contract §3.1).

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{FromRequest, Request},
};
use futures::StreamExt;
use persys_contract::{ErrorCode, MAX_BODY_BYTES};
use tokio::time::timeout;

use super::ApiError;
use crate::defect;

/// How long a caller may take to send its body.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of a body that is too large is still read, so that the caller gets
/// the refusal instead of a connection that breaks while it writes.
const DRAINED: usize = 16 * MAX_BODY_BYTES;
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// A whole body of at most 1 MiB.
pub struct LimitedBytes(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for LimitedBytes {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        read_body(request.into_body()).await.map(Self)
    }
}

/// Reads a body, or refuses it as `too_large` or, broken off, as `bad_request`.
pub async fn read_body(body: Body) -> Result<Bytes, ApiError> {
    let mut stream = body.into_data_stream();
    let mut whole = Vec::new();
    let limit = defect!("bodies-limited-to-64-kib", 64 << 10, MAX_BODY_BYTES);
    let reading = async {
        while let Some(part) = stream.next().await {
            let part = part.map_err(|_| broken("the body broke off"))?;
            if whole.len() + part.len() > limit {
                return Ok(false);
            }
            whole.extend_from_slice(&part);
        }
        Ok(true)
    };
    let fits = timeout(PATIENCE, reading).await;
    match fits.map_err(|_| broken("the body did not arrive in time"))?? {
        true => Ok(whole.into()),
        false => {
            drain(&mut stream).await;
            Err(ApiError::new(
                defect!("too-large-is-our-fault", ErrorCode::Internal, ErrorCode::TooLarge),
                format!("the body is larger than {MAX_BODY_BYTES} bytes"),
            ))
        }
    }
}

/// Lets a caller that is refused without its body finish sending it, as far as it is not
/// too much, so that it gets the refusal.
pub async fn discard_body(body: Body) {
    drain(&mut body.into_data_stream()).await;
}

/// However it ends, the refusal is the same.
async fn drain(stream: &mut BodyDataStream) {
    let draining = async {
        let mut seen = 0;
        while let Some(Ok(part)) = stream.next().await {
            seen += part.len();
            if seen > DRAINED {
                break;
            }
        }
    };
    let _ = timeout(DRAIN_TIME, draining).await;
}

fn broken(message: &str) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_taken_up_to_the_limit_to_the_byte() {
        let body = Body::from(vec![7; MAX_BODY_BYTES]);
        assert_eq!(read_body(body).await.unwrap().len(), MAX_BODY_BYTES);
        let error = read_body(Body::from(vec![7; MAX_BODY_BYTES + 1])).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::TooLarge);
    }

    #[tokio::test]
    async fn many_small_parts_are_counted_together() {
        let part = || Ok::<_, std::io::Error>(Bytes::from(vec![7; 1 << 16]));
        let stream = futures::stream::repeat_with(part).take(17);
        let error = read_body(Body::from_stream(stream)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::TooLarge);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_not_waited_for() {
        let bytes = futures::stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
        });
        let reading = timeout(2 * PATIENCE, read_body(Body::from_stream(bytes)));
        let error = reading.await.expect("it is waited for").unwrap_err();
        assert_eq!(error.code, ErrorCode::BadRequest);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_discarded_is_not_waited_for_either() {
        let endless = futures::stream::pending::<Result<Bytes, std::io::Error>>();
        let discarding = timeout(2 * DRAIN_TIME, discard_body(Body::from_stream(endless)));
        discarding.await.expect("it is waited for");
    }

    #[tokio::test]
    async fn a_broken_body_is_a_bad_request() {
        let stream = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
        let error = read_body(Body::from_stream(stream)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::BadRequest);
    }
}
