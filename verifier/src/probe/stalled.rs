//! Clients that open a connection and then do not go on.

use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{ApiProbe, Cause, ProbeError, Question};

/// How far such a client goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    /// The connection, and no handshake.
    BeforeHandshake,
    /// Half of a request's head.
    InHead,
    /// The head of a request, and half of its body.
    InBody,
}

/// A connection that says no more, until this is dropped.
#[must_use = "the connection ends when this is dropped"]
pub enum StalledClient {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

const HALF_A_HEAD: &str = "GET /workloads HTTP/1.1\r\nHost: gateway\r\nX-Slow: ";
const HALF_A_BODY: &str = "POST /workloads/schedule HTTP/1.1\r\nHost: gateway\r\n\
    Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"name\":";

impl ApiProbe {
    /// Opens a connection and leaves it there; it presents the pair `client`.
    pub async fn stall(&self, how: Stall) -> Result<StalledClient, ProbeError> {
        let question = Question::new(self.who(), self.address(), format!("a connection, {how:?}"));
        let unanswered = |cause| ProbeError::unanswered(question.clone(), cause);
        let limit = self.timeout();
        let opened = timeout(limit, self.open_stalled(how)).await;
        opened.map_err(|_| unanswered(Cause::Timeout(limit)))?.map_err(|error| match error {
            Opening::Setup(error) => error,
            Opening::Io(error) => unanswered(Cause::Broken(error.to_string())),
        })
    }

    async fn open_stalled(&self, how: Stall) -> Result<StalledClient, Opening> {
        let address = self.socket();
        let stream = TcpStream::connect(address).await?;
        let text = match how {
            Stall::BeforeHandshake => return Ok(StalledClient::Plain(stream)),
            Stall::InHead => HALF_A_HEAD,
            Stall::InBody => HALF_A_BODY,
        };
        let connector = TlsConnector::from(std::sync::Arc::new(self.client_config()?));
        let name = std::net::IpAddr::V4(*address.ip()).into();
        let mut stream = connector.connect(name, stream).await?;
        stream.write_all(text.as_bytes()).await?;
        stream.flush().await?;
        Ok(StalledClient::Tls(Box::new(stream)))
    }
}

enum Opening {
    Setup(ProbeError),
    Io(std::io::Error),
}

impl From<std::io::Error> for Opening {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ProbeError> for Opening {
    fn from(error: ProbeError) -> Self {
        Self::Setup(error)
    }
}
