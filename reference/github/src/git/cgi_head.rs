//! The head of a CGI program's answer (RFC 3875 §6).

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// Longer heads are not answers of Git's.
const LONGEST: u64 = 16 * 1024;

/// Status and headers.
#[derive(Debug)]
pub struct CgiHead {
    pub status: StatusCode,
    pub headers: HeaderMap,
}

/// Reads up to the empty line; none if that never comes or a line is no header.
pub async fn read_head(source: &mut (impl AsyncBufRead + Unpin)) -> Option<CgiHead> {
    let mut head = CgiHead { status: StatusCode::OK, headers: HeaderMap::new() };
    let mut limited = source.take(LONGEST);
    loop {
        let mut line = String::new();
        if limited.read_line(&mut line).await.ok()? == 0 || !line.ends_with('\n') {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            return Some(head);
        }
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            head.status = value.split(' ').next()?.parse().ok()?;
        } else {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            head.headers.append(name, HeaderValue::from_str(value).ok()?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_head_ends_at_the_empty_line() {
        let text = b"Status: 404 Not Found\r\nExpires: never\r\nPragma: no-cache\r\n\r\nbody";
        let mut source = &text[..];
        let head = read_head(&mut source).await.unwrap();
        assert_eq!(head.status, 404);
        assert_eq!(head.headers["pragma"], "no-cache");
        assert_eq!(source, b"body");
        let mut source = &b"Content-Type: x\n\n"[..];
        assert_eq!(read_head(&mut source).await.unwrap().status, 200);
    }

    #[tokio::test]
    async fn what_is_no_head_is_none() {
        let endless = [b"A: ", [b'x'; 20_000].as_slice(), b"\n\n"].concat();
        let odd: [&[u8]; 6] =
            [b"", b"A: b\n", b"nonsense\n\n", b"Status: x\n\n", b"\xff\n\n", &endless];
        for mut text in odd {
            assert!(read_head(&mut text).await.is_none());
        }
    }
}
