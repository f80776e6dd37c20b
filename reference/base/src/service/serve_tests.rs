use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::routing::{get, post};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::*;
use crate::http::LimitedBytes;

const SOON: Duration = Duration::from_secs(5);

/// Its route `/slow` rings `entered` and answers once the server stops.
async fn server(stop: &CancellationToken, entered: &Arc<Notify>) -> (SocketAddr, JoinHandle<()>) {
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
    (address, tokio::spawn(serve(listener, router, stop.clone())))
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

/// A listener without a network: with sockets the paused clock would run ahead of what is on
/// its way.
struct Memory(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Memory {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(io) => (io, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A server whose callers come by the sender. `/slow` rings `entered` and never answers;
/// so does `/order` once it has its body, which `/echo` gives back.
fn in_memory(entered: &Arc<Notify>) -> mpsc::UnboundedSender<DuplexStream> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let entered = entered.clone();
    let slow = async move || {
        entered.notify_one();
        std::future::pending::<()>().await;
    };
    let ordered = slow.clone();
    let router = Router::new()
        .route("/hello", get(async || "hello"))
        .route("/echo", post(async |body: LimitedBytes| body.0))
        .route("/order", post(async move |_: LimitedBytes| ordered().await))
        .route("/slow", get(slow));
    tokio::spawn(serve(Memory(receiver), router, CancellationToken::new()));
    sender
}

fn call(server: &mpsc::UnboundedSender<DuplexStream>) -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    server.send(theirs).unwrap();
    ours
}

/// How long a connection is kept on which this is sent, and then nothing.
async fn kept_after(request: &str) -> (Duration, String) {
    let server = in_memory(&Arc::default());
    let mut caller = call(&server);
    caller.write_all(request.as_bytes()).await.unwrap();
    let (begun, mut answer) = (Instant::now(), String::new());
    timeout(2 * HEAD_TIMEOUT, caller.read_to_string(&mut answer)).await.expect("kept").unwrap();
    (begun.elapsed(), answer)
}

#[tokio::test(start_paused = true)]
async fn who_sends_no_head_in_time_is_let_go() {
    let in_time = |kept: Duration| kept >= HEAD_TIMEOUT - GRACE && kept <= HEAD_TIMEOUT + GRACE;
    for part in ["", "GET /hello HTTP/1.1\r\nhost: x\r\n"] {
        let (kept, answer) = kept_after(part).await;
        assert!(in_time(kept), "{kept:?}");
        assert!(!answer.contains("200"), "{answer}");
    }
    // Idle after an answer, likewise.
    let (kept, answer) = kept_after("GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(in_time(kept), "{kept:?}");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_byte_by_byte_has_no_more_time() {
    let server = in_memory(&Arc::default());
    let mut caller = call(&server);
    let begun = Instant::now();
    caller.write_all(b"GET /hello HTTP/1.1\r\nx: ").await.unwrap();
    while caller.write_all(b"x").await.is_ok() {
        assert!(begun.elapsed() <= HEAD_TIMEOUT + GRACE, "a slow head is waited for");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = in_memory(&Arc::default());
    let mut caller = call(&server);
    let long = format!("GET /hello HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(2 * MAX_HEAD));
    // It may be refused before all of it is sent.
    let _ = caller.write_all(long.as_bytes()).await;
    let mut answer = String::new();
    timeout(SOON, caller.read_to_string(&mut answer)).await.expect("kept open").unwrap();
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_asks_for_nothing_keeps_nobody_out() {
    let entered = Arc::default();
    let server = in_memory(&entered);
    let mut slow = call(&server);
    slow.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    entered.notified().await;
    let mut crowd: Vec<DuplexStream> = (0..WAITING + 50).map(|_| call(&server)).collect();
    let begun = Instant::now();
    let mut caller = call(&server);
    let request = b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    caller.write_all(request).await.unwrap();
    let mut answer = String::new();
    caller.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(begun.elapsed() <= 2 * GRACE, "{:?}", begun.elapsed());
    // Who has waited longest is gone; who came last is not, nor who is being served.
    let is_gone =
        async |caller: &mut DuplexStream| timeout(GRACE / 10, caller.read(&mut [0])).await.is_ok();
    assert!(is_gone(&mut crowd[0]).await && is_gone(&mut crowd[49]).await);
    assert!(!is_gone(crowd.last_mut().unwrap()).await);
    assert!(!is_gone(&mut slow).await);
}

fn head(path: &str, length: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n")
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_sends_its_bodies_slowly_keeps_nobody_out() {
    let entered = Arc::default();
    let server = in_memory(&entered);
    let mut ordered = call(&server);
    ordered.write_all((head("/order", 2) + "ab").as_bytes()).await.unwrap();
    entered.notified().await;
    let mut crowd: Vec<DuplexStream> = Vec::new();
    for _ in 0..WAITING + 50 {
        let mut slow = call(&server);
        slow.write_all((head("/echo", 1_000_000) + "a").as_bytes()).await.unwrap();
        crowd.push(slow);
    }
    let begun = Instant::now();
    let mut caller = call(&server);
    caller.write_all((head("/echo", 2) + "a").as_bytes()).await.unwrap();
    tokio::time::sleep(GRACE / 2).await;
    caller.write_all(b"b").await.unwrap();
    let mut answer = [0; 12];
    caller.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert!(begun.elapsed() <= 2 * GRACE, "{:?}", begun.elapsed());
    // Whose body has been coming for longest is gone; whose body is there is not.
    let is_gone =
        async |caller: &mut DuplexStream| timeout(GRACE / 10, caller.read(&mut [0])).await.is_ok();
    assert!(is_gone(&mut crowd[0]).await && is_gone(&mut crowd[49]).await);
    assert!(!is_gone(crowd.last_mut().unwrap()).await);
    assert!(!is_gone(&mut ordered).await);
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
