//! One HTTP answer, read from the bytes of a connection that was closed behind it.

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Headers beyond this many make an answer unreadable.
const HEADERS_MAX: usize = 64;

/// Status, headers and body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Reads an answer to a request of HTTP/1.0, which no server may send in chunks.
pub(super) fn read(bytes: &[u8]) -> Result<Reply, String> {
    let mut slots = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut slots);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Err("the head of the answer is cut off".into()),
        Err(error) => return Err(format!("the answer is no HTTP: {error}")),
    };
    let mut headers = HeaderMap::new();
    for header in head.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_bytes(header.value);
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let mut body = Bytes::copy_from_slice(&bytes[length..]);
    let announced =
        headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    if let Some(announced) = announced {
        if body.len() < announced {
            return Err(format!("the body has {} bytes of {announced}", body.len()));
        }
        body.truncate(announced);
    }
    Ok(Reply { status: head.code.unwrap_or_default(), headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_up_to_its_announced_length() {
        let reply = read(b"HTTP/1.0 403 Forbidden\r\nContent-Length: 2\r\nX-A: b\r\n\r\n{}rest");
        let reply = reply.unwrap();
        assert_eq!((reply.status, &reply.body[..]), (403, &b"{}"[..]));
        assert_eq!(reply.headers["x-a"], "b");
        let open = read(b"HTTP/1.1 200 OK\r\n\r\nall of it").unwrap();
        assert_eq!(&open.body[..], b"all of it");
    }

    #[test]
    fn what_is_no_whole_answer_is_told() {
        for (bytes, problem) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Le"[..], "cut off"),
            (b"\x15\x03\x01\x00\x02\x02\x46", "no HTTP"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "2 bytes of 5"),
        ] {
            let error = read(bytes).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }
}
