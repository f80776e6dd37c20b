//! Serves HTTP/1.1 on a listener, and lets no caller keep a connection for nothing.

use std::{convert::Infallible, pin::pin, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, serve::Listener};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::defect;

/// How long a connection may take until the head of its next request is there:
/// the time a slow caller has, and the time an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Accepts until `stop`, then finishes the requests that are being served.
/// Handlers get the caller as `ConnectInfo<L::Addr>`.
pub async fn serve<L>(listener: L, router: Router, stop: CancellationToken)
where
    L: Listener,
    L::Addr: Clone + Sync + 'static,
{
    serve_patiently(listener, router, stop, HEAD_TIMEOUT).await;
}

async fn serve_patiently<L>(
    mut listener: L,
    router: Router,
    stop: CancellationToken,
    head_timeout: Duration,
) where
    L: Listener,
    L::Addr: Clone + Sync + 'static,
{
    // Ends them when the server is dropped.
    let mut connections = JoinSet::new();
    loop {
        let (io, caller) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        connections.spawn(connection(io, caller, router.clone(), stop.clone(), head_timeout));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection<I, A>(
    io: I,
    caller: A,
    router: Router,
    stop: CancellationToken,
    head_timeout: Duration,
) where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    A: Clone + Send + Sync + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(caller.clone()));
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|no| match no {}))
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        // What was asked is done even if the caller does not stay for the answer.
        .half_close(defect!("hung-up-orders-dropped", false, true))
        .serve_connection(TokioIo::new(io), service);
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
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
mod tests {
    use std::{
        net::{Ipv4Addr, SocketAddr},
        sync::Arc,
    };

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        sync::Notify,
        task::JoinHandle,
        time::timeout,
    };

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    /// Its route `/slow` rings `entered` and answers once the server stops.
    async fn server(
        stop: &CancellationToken,
        entered: &Arc<Notify>,
    ) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stopping, entered) = (stop.clone(), entered.clone());
        let slow = async move || {
            entered.notify_one();
            stopping.cancelled().await;
            "done"
        };
        let router = Router::new()
            .route("/caller", get(async |caller: ConnectInfo<SocketAddr>| caller.0.to_string()))
            .route("/slow", get(slow));
        let serving = serve_patiently(listener, router, stop.clone(), Duration::from_millis(200));
        (address, tokio::spawn(serving))
    }

    async fn exchange(address: SocketAddr, request: &str) -> (SocketAddr, String) {
        let mut caller = TcpStream::connect(address).await.unwrap();
        caller.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(SOON, caller.read_to_string(&mut answer)).await.expect("kept open").unwrap();
        (caller.local_addr().unwrap(), answer)
    }

    #[tokio::test]
    async fn handlers_learn_who_called() {
        let (address, _server) = server(&CancellationToken::new(), &Arc::default()).await;
        let request = "GET /caller HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let (caller, answer) = exchange(address, request).await;
        assert!(answer.ends_with(&caller.to_string()), "{answer}");
    }

    #[tokio::test]
    async fn who_sends_no_head_in_time_is_let_go() {
        let (address, _server) = server(&CancellationToken::new(), &Arc::default()).await;
        for part in ["", "GET /caller HTTP/1.1\r\nhost: x\r\n"] {
            let (_, answer) = exchange(address, part).await;
            assert!(!answer.contains("200"), "{answer}");
        }
        // Idle after an answer, likewise.
        let (_, answer) = exchange(address, "GET /caller HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn what_is_being_served_is_finished_and_the_idle_do_not_count() {
        let stop = CancellationToken::new();
        let entered = Arc::default();
        let (address, server) = server(&stop, &entered).await;
        let _idle = TcpStream::connect(address).await.unwrap();
        let request = "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";
        let slow = tokio::spawn(exchange(address, request));
        entered.notified().await;
        stop.cancel();
        timeout(SOON, server).await.expect("it goes on serving").unwrap();
        assert!(slow.await.unwrap().1.ends_with("done"));
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn what_was_asked_is_done_although_the_caller_hangs_up() {
        let (entered, go_on, done) =
            (Arc::<Notify>::default(), Arc::<Notify>::default(), Arc::<Notify>::default());
        let (enters, waits, does) = (entered.clone(), go_on.clone(), done.clone());
        let slow = async move || {
            enters.notify_one();
            waits.notified().await;
            does.notify_one();
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/slow", get(slow));
        let serving = tokio::spawn(serve(listener, router, CancellationToken::new()));
        let mut caller = TcpStream::connect(address).await.unwrap();
        caller.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        entered.notified().await;
        drop(caller);
        // Time in which a server that breaks it off would have done so.
        tokio::time::sleep(Duration::from_millis(50)).await;
        go_on.notify_one();
        timeout(SOON, done.notified()).await.expect("it is broken off");
        serving.abort();
    }
}
