//! Serves connections, each bounded in time, and those of strangers in number.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    serve::Listener,
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use persys_contract::Role;
use persys_identity::{MutualTlsListener, Peer};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// How long the head of a request may take, and how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may live; a client then makes another.
const LIFETIME: Duration = Duration::from_secs(300);
/// What a request under way may take once its connection is to end.
const LAST_REQUEST: Duration = Duration::from_secs(60);
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Connections at once of the role that may give orders.
const ORDERING: usize = 128;
/// Connections at once of all others, who are only told that they may not.
const OTHERS: usize = 16;

/// Serves until `stop`, and lets requests under way end.
pub(super) async fn serve(
    mut listener: MutualTlsListener,
    router: Router,
    stop: CancellationToken,
) {
    let (ordering, others) = (Arc::new(Semaphore::new(ORDERING)), Arc::new(Semaphore::new(OTHERS)));
    let connections = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let places = if peer.role == Some(Role::Chaos) { &ordering } else { &others };
        let Ok(place) = places.clone().try_acquire_owned() else {
            tracing::warn!(peer = %peer.address, subject = peer.subject, "too many connections");
            continue;
        };
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            serve_one(TokioIo::new(stream), peer, router, stop).await;
            drop(place);
        });
    }
    connections.close();
    connections.wait().await;
}

async fn serve_one(
    stream: TokioIo<<MutualTlsListener as Listener>::Io>,
    peer: Peer,
    router: Router,
    stop: CancellationToken,
) {
    let address = peer.address;
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer.clone()));
        request.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(stream, TowerToHyperService::new(service));
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = async { tokio::select! { () = stop.cancelled() => {}, () = sleep(LIFETIME) => {} } } => {
            connection.as_mut().graceful_shutdown();
            timeout(LAST_REQUEST, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(peer = %address, reason = %error, "connection broken");
    }
}
