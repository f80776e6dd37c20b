//! A client that sends a request and does not wait for the answer.

use std::{io, net::SocketAddrV4, sync::Arc, time::Duration};

use persys_identity::LoadedCredentials;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{Cause, HttpRequest, ProbeError, Question, error::cause_of, evidence::Evidence};

const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends the whole request over mutual TLS and closes the connection at once.
pub(super) async fn hang_up(
    who: &str,
    address: SocketAddrV4,
    credentials: &LoadedCredentials,
    request: &HttpRequest,
    evidence: &Evidence,
) -> Result<(), ProbeError> {
    let HttpRequest { method, path, headers, body, .. } = request;
    let what = format!("{method} {path}, hanging up");
    let question = Question::new(who, format!("https://{address}"), &what);
    let config = credentials.client_config();
    let config = config.map_err(|error| ProbeError::setup(error.to_string()))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let send = async {
        let tcp = TcpStream::connect(address).await?;
        let name = ServerName::from(std::net::IpAddr::from(*address.ip()));
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        // Once an answer has come the server has finished its handshake too, and
        // what follows is a request to it and not a handshake that broke.
        stream
            .write_all(format!("HEAD /health HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())
            .await?;
        let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
        while !answer.ends_with(b"\r\n\r\n") {
            match stream.read(&mut piece).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => answer.extend_from_slice(&piece[..n]),
            }
        }
        stream.write_all(&[head.as_bytes(), body].concat()).await?;
        stream.flush().await?;
        stream.shutdown().await
    };
    let cause = match timeout(TIMEOUT, send).await {
        Ok(Ok(())) => {
            let data =
                json!({ "address": address.to_string(), "method": method.as_str(), "path": path });
            evidence.saw("http", format!("{what} on {who}"), data, Value::Null);
            return Ok(());
        }
        Ok(Err(error)) => cause_of(&error, Cause::Broken),
        Err(_) => Cause::Timeout(TIMEOUT),
    };
    Err(evidence.unanswered("http", question, cause))
}
