//! Serves connections, each bounded in time, and in number those that wait.

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    serve::Listener,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use persys_contract::Role;
use persys_identity::{MutualTlsListener, Peer, Seat, WaitingRoom};
use tokio::time::{sleep, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// How long the head of a request may take, and how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may live; a client then makes another.
const LIFETIME: Duration = Duration::from_secs(300);
/// What a request under way may take once its connection is to end.
const LAST_REQUEST: Duration = Duration::from_secs(60);
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Waiting connections at once of the role that may give orders.
const ORDERING: usize = 128;
/// Waiting connections at once of all others, who are only told that they may not.
const OTHERS: usize = 16;
/// For how long at least nobody is sent away for others.
const GRACE: Duration = Duration::from_secs(1);

/// Serves until `stop`, and lets requests under way end.
pub(super) async fn serve(
    mut listener: MutualTlsListener,
    router: Router,
    stop: CancellationToken,
) {
    // Strangers wait among themselves: they cannot take the place of an order.
    let (ordering, others) = (WaitingRoom::new(ORDERING, GRACE), WaitingRoom::new(OTHERS, GRACE));
    let connections = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let room = if peer.role == Some(Role::Chaos) { &ordering } else { &others };
        let (room, router, stop) = (room.clone(), router.clone(), stop.clone());
        connections.spawn(async move {
            if let Some(seat) = stop.run_until_cancelled(room.enter()).await {
                serve_one(TokioIo::new(stream), peer, seat, router, &stop).await;
            }
        });
    }
    connections.close();
    connections.wait().await;
}

async fn serve_one(
    stream: TokioIo<<MutualTlsListener as Listener>::Io>,
    peer: Peer,
    seat: Seat,
    router: Router,
    stop: &CancellationToken,
) {
    let address = peer.address;
    let sent_away = seat.sent_away();
    let seat = Arc::new(seat);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer.clone()));
        let (router, seat) = (router.clone(), seat.clone());
        async move {
            let answer = seat.served(router.oneshot(request.map(Body::new))).await?;
            Ok::<_, io::Error>(answer.unwrap_or_else(|no| match no {}))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(stream, service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = sent_away.cancelled() => {
            tracing::warn!(peer = %address, "sent away for others: too many connections wait");
            Ok(())
        }
        () = async { tokio::select! { () = stop.cancelled() => {}, () = sleep(LIFETIME) => {} } } => {
            connection.as_mut().graceful_shutdown();
            timeout(LAST_REQUEST, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(peer = %address, reason = %error, "connection broken");
    }
}
