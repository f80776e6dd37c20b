//! Serves HTTP/1.1 on a listener, and lets no caller keep a connection for nothing.

use std::{io, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::ConnectInfo,
    response::Response,
    serve::Listener,
};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use persys_identity::{Seat, WaitingRoom};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::arriving_body::arriving;
use crate::defect;

/// How long a connection may take until the head of its next request is there:
/// the time a slow caller has, and the time an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Connections at once that have no request being served, which a request is once its
/// body is there; of more, who waits longest is let go. With as many handshakes, on two listeners, they fit into the
/// 1024 descriptors that a process usually may have.
const WAITING: usize = 256;
/// For how long at least nobody is let go for others.
const GRACE: Duration = Duration::from_secs(1);
/// A request's head, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// Accepts until `stop`, then finishes the requests that are being served.
/// Handlers get the caller as `ConnectInfo<L::Addr>`.
pub async fn serve<L>(mut listener: L, router: Router, stop: CancellationToken)
where
    L: Listener,
    L::Addr: Clone + Sync + 'static,
{
    let room = WaitingRoom::new(WAITING, GRACE);
    // Ends them when the server is dropped.
    let mut connections = JoinSet::new();
    loop {
        let (io, caller) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let seat = tokio::select! {
            () = stop.cancelled() => break,
            seat = room.enter() => seat,
        };
        connections.spawn(connection(io, caller, router.clone(), stop.clone(), seat));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection<I, A>(io: I, caller: A, router: Router, stop: CancellationToken, seat: Seat)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let sent_away = seat.sent_away();
    let seat = Arc::new(seat);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(caller.clone()));
        answer(request, router.clone(), seat.clone())
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        // What was asked is done even if the caller does not stay for the answer.
        .half_close(defect!("hung-up-orders-dropped", false, true))
        .serve_connection(TokioIo::new(io), service);
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = sent_away.cancelled() => {
            tracing::debug!("a connection was let go for others");
            return;
        }
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// A caller keeps its place for nothing until its request is there as a whole, and again
/// until it has read the answer.
async fn answer(request: Request<Body>, router: Router, seat: Arc<Seat>) -> io::Result<Response> {
    let (head, body) = request.into_parts();
    let is_there = body.is_end_stream();
    let (body, mut arrival) = arriving(body);
    let mut answering = pin!(router.oneshot(Request::from_parts(head, body)));
    if is_there {
        arrival.go_on();
        return Ok(seat.served(answering).await?.unwrap_or_else(|no| match no {}));
    }
    // Whoever has begun to ask has as much time as whoever has just come.
    seat.served(async {}).await?;
    let early = tokio::select! {
        biased;
        early = answering.as_mut() => Some(early),
        () = arrival.arrived() => None,
    };
    let rest = async {
        arrival.go_on();
        match early {
            Some(answer) => answer,
            None => answering.await,
        }
    };
    Ok(seat.served(rest).await?.unwrap_or_else(|no| match no {}))
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
