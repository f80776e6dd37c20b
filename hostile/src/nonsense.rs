//! What is almost HTTP.

use rand::rngs::StdRng;

use crate::{Listener, listener::say, seed::bytes};

/// Each is refused as the caller's mistake or answered, never as our failure, and its
/// connection is closed.
pub(crate) async fn nonsense(listener: &Listener, random: &mut StdRng) {
    for text in requests(random) {
        let heard = say(listener.connect().await.unwrap(), &text).await;
        let answer = String::from_utf8_lossy(&heard);
        let start = String::from_utf8_lossy(&text[..text.len().min(80)]).into_owned();
        assert!(heard.is_empty() || heard.starts_with(b"HTTP/1."), "{start:?}: {answer}");
        let failed = answer.lines().find(|line| line.starts_with("HTTP/1.1 5"));
        assert_eq!(failed, None, "{start:?}");
    }
}

fn requests(random: &mut StdRng) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> =
        [1, 300, 70_000].into_iter().map(|length| bytes(random, length)).collect();
    all.push(vec![0; 1000]);
    all.push(b"\r\n".repeat(50_000));
    for line in [
        "GET / HTTP/9.9",
        "GET",
        "GET  HTTP/1.1",
        "PRI * HTTP/2.0",
        "CONNECT 127.0.0.1:1 HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "GET /%00%ff/..//../etc/passwd?%zz=%00 HTTP/1.1",
        "G\0T / HTTP/1.1",
        "\u{1b}[31mGET / HTTP/1.1",
    ] {
        all.push(format!("{line}\r\nhost: x\r\n\r\n").into_bytes());
    }
    for headers in [
        "content-length: 18446744073709551616",
        "content-length: -1",
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked, gzip",
        "transfer-encoding: chunked\r\n\r\nzz\r\n",
        "transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "transfer-encoding: chunked\r\n\r\n5\r\nab",
        "expect: 100-continue\r\ncontent-length: 10",
        "expect: a miracle\r\ncontent-length: 0",
        "connection: upgrade\r\nupgrade: websocket",
        "na\0me: x",
        "a: b\rc: d",
        " folded: x",
        "x-request-id: \u{ff}\u{0}",
        "content-length: 1099511627776\r\n\r\n{\"",
    ] {
        all.push(format!("POST /nowhere HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n").into_bytes());
    }
    let long = "x".repeat(1 << 20);
    all.push(format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes());
    all.push(format!("GET / HTTP/1.1\r\nhost: x\r\nlong: {long}\r\n\r\n").into_bytes());
    all.push(format!("GET / HTTP/1.1\r\n{}\r\n", "many: x\r\n".repeat(20_000)).into_bytes());
    let length = 3 * long.len();
    all.push(
        format!("POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{long}{long}{long}")
            .into_bytes(),
    );
    all.push(
        format!(
            "POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1;{long}\r\nx\r\n"
        )
        .into_bytes(),
    );
    // One after the other without waiting, and then noise.
    let mut pipelined = b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200);
    pipelined.extend(bytes(random, 2000));
    all.push(pipelined);
    all
}
