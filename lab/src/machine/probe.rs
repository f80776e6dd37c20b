//! Asks a port whether its component is there.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// One try; the component is on this machine.
const PATIENCE: Duration = Duration::from_secs(1);

pub async fn accepts(address: SocketAddr) -> bool {
    matches!(timeout(PATIENCE, TcpStream::connect(address)).await, Ok(Ok(_)))
}

/// Whether a GET is answered with 200.
pub async fn answers(address: SocketAddr, path: &str) -> bool {
    matches!(timeout(PATIENCE, get(address, path)).await, Ok(Ok(true)))
}

async fn get(address: SocketAddr, path: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    // `HTTP/1.x 200`
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status.starts_with(b"HTTP/1.") && status.ends_with(b" 200"))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn server(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 512];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn only_200_counts() {
        let good = server(b"HTTP/1.1 200 OK\r\n\r\n").await;
        assert!(accepts(good).await);
        assert!(answers(good, "/ready").await);
        let bad = server(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").await;
        assert!(!answers(bad, "/ready").await);
        let mute = server(b"").await;
        assert!(!answers(mute, "/ready").await);
    }

    #[tokio::test]
    async fn a_closed_port_is_not_there() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert!(!accepts(address).await);
    }
}
