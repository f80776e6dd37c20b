//! One HTTP connection to a scheduler.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinHandle, time::Instant};
use tokio_rustls::client::TlsStream;

type Driver = http1::Connection<TokioIo<TlsStream<TcpStream>>, Full<Bytes>>;

/// Why a request got no answer on its connection.
pub enum SendError {
    /// Not a byte of it was written.
    Unsent(hyper::Error),
    /// The scheduler may have got it.
    Broken(hyper::Error),
}

/// Closed when dropped, with whatever is under way on it.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    idle_since: Instant,
}

impl Connection {
    pub fn new(sender: SendRequest<Full<Bytes>>, driver: Driver) -> Self {
        let driver = tokio::spawn(async move {
            // What breaks the connection is told to the request that is on it.
            let _ = driver.await;
        });
        Self { sender, driver, idle_since: Instant::now() }
    }

    pub async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, SendError> {
        self.sender.ready().await.map_err(SendError::Unsent)?;
        self.sender.try_send_request(request).await.map_err(|mut error| {
            let unsent = error.take_message().is_some();
            let error = error.into_error();
            if unsent { SendError::Unsent(error) } else { SendError::Broken(error) }
        })
    }

    /// Whether it can take another request now.
    pub fn is_ready(&self) -> bool {
        self.sender.is_ready() && !self.sender.is_closed()
    }

    pub fn rest(&mut self) {
        self.idle_since = Instant::now();
    }

    pub fn idle_since(&self) -> Instant {
        self.idle_since
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
