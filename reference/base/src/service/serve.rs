//! Serves HTTP/1.1 on a listener, and lets no caller keep a connection for nothing.

use std::{io, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, serve::Listener};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use persys_identity::{Seat, WaitingRoom};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::defect;

/// How long a connection may take until the head of its next request is there:
/// the time a slow caller has, and the time an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Connections at once that have no request being served; of more, who waits
/// longest is let go. With as many handshakes, on two listeners, they fit into the
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
        let (router, seat) = (router.clone(), seat.clone());
        // A caller that then does not read the answer keeps a place for nothing.
        async move {
            let answer = seat.served(router.oneshot(request)).await?;
            Ok::<_, io::Error>(answer.unwrap_or_else(|no| match no {}))
        }
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

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
