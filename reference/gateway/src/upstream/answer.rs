//! A scheduler's answer on its way back to the caller.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{StatusCode, response::Parts};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use persys_contract::{ErrorBody, ErrorCode};
use persys_reference_base::http::Verbatim;
use tokio::time::timeout;

use super::{connection::Connection, outgoing::end_to_end, scheduler::Scheduler};

/// Up to this size an answer is read before any of it is passed on, so that one
/// that breaks off can be asked for elsewhere.
const READ_AHEAD: usize = 8 << 20;
/// How long the rest of a larger answer may pause.
const PAUSE: Duration = Duration::from_secs(10);

/// An answer, whole or, if it is large, with its remainder still to come.
pub struct Answer {
    head: Parts,
    start: Bytes,
    rest: Option<(Incoming, Connection)>,
}

impl Answer {
    /// Reads an answer and gives the connection back to the scheduler's idle ones
    /// when all of it was read.
    pub async fn read(
        response: http::Response<Incoming>,
        mut connection: Connection,
        scheduler: &Scheduler,
    ) -> Result<Self, hyper::Error> {
        let (mut head, mut body) = response.into_parts();
        head.headers = end_to_end(&head.headers);
        let mut start = BytesMut::new();
        while start.len() <= READ_AHEAD {
            match body.frame().await {
                None => {
                    connection.rest();
                    scheduler.keep(connection);
                    return Ok(Self { head, start: start.freeze(), rest: None });
                }
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        start.extend_from_slice(&data);
                    }
                }
            }
        }
        Ok(Self { head, start: start.freeze(), rest: Some((body, connection)) })
    }

    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Whether the scheduler lives but cannot reach its store, so that another
    /// one may do better.
    pub fn is_without_store(&self) -> bool {
        self.head.status == StatusCode::SERVICE_UNAVAILABLE
            && serde_json::from_slice::<ErrorBody>(&self.start)
                .is_ok_and(|body| body.code == ErrorCode::StoreUnavailable.as_str())
    }

    /// The response for the caller: status, headers and body as the scheduler gave them.
    pub fn into_response(mut self, scheduler: &Arc<Scheduler>) -> axum::response::Response {
        self.head.extensions.insert(Verbatim);
        let Some((rest, connection)) = self.rest else {
            return http::Response::from_parts(self.head, Body::from(self.start));
        };
        let scheduler = scheduler.clone();
        let start = futures::stream::once(std::future::ready(Ok::<_, std::io::Error>(self.start)));
        let rest =
            futures::stream::try_unfold((rest, connection), move |(mut rest, connection)| {
                let scheduler = scheduler.clone();
                async move {
                    loop {
                        let frame =
                            timeout(PAUSE, rest.frame()).await.map_err(std::io::Error::other)?;
                        match frame {
                            None => {
                                scheduler.keep(connection);
                                return Ok(None);
                            }
                            Some(frame) => {
                                if let Ok(data) = frame.map_err(std::io::Error::other)?.into_data()
                                {
                                    return Ok(Some((data, (rest, connection))));
                                }
                            }
                        }
                    }
                }
            });
        let stream = futures::StreamExt::chain(start, rest);
        http::Response::from_parts(self.head, Body::from_stream(stream))
    }
}
