//! An HTTP/1.1 request, once all of it is there.

/// As much of a request as tells what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeRequest {
    /// `POST /workloads/schedule HTTP/1.1`
    pub line: String,
    pub body: String,
}

/// Headers that a request may have.
const HEADERS: usize = 64;

impl WholeRequest {
    /// `None` as long as something is lacking, and for what is no request at all.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(head)) = request.parse(bytes) else { return None };
        let value = |name: &str| {
            let mut headers = request.headers.iter();
            let found = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
            str::from_utf8(found.value).ok().map(str::trim)
        };
        let rest = &bytes[head..];
        let body = match value("transfer-encoding") {
            // Its pieces' lengths stand between them, which is near enough to know it by.
            Some(_) => rest.ends_with(b"0\r\n\r\n").then_some(rest)?,
            None => rest.get(..value("content-length").map_or(Some(0), |n| n.parse().ok())?)?,
        };
        Some(Self {
            line: format!("{} {} HTTP/1.1", request.method?, request.path?),
            body: String::from_utf8_lossy(body).into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole_with_its_last_byte() {
        let text = b"POST /a?b HTTP/1.1\r\nHost: x\r\ncontent-length: 4\r\n\r\nbody";
        for length in 0..text.len() {
            assert_eq!(WholeRequest::read(&text[..length]), None, "{length} bytes");
        }
        let whole = WholeRequest::read(text).unwrap();
        assert_eq!((whole.line.as_str(), whole.body.as_str()), ("POST /a?b HTTP/1.1", "body"));
    }

    #[test]
    fn a_body_in_pieces_ends_with_an_empty_one() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(WholeRequest::read(format!("{head}4\r\nbody\r\n").as_bytes()), None);
        let whole = WholeRequest::read(format!("{head}4\r\nbody\r\n0\r\n\r\n").as_bytes());
        assert!(whole.unwrap().body.contains("body"));
    }

    #[test]
    fn what_has_no_body_is_whole_with_its_head() {
        let whole = WholeRequest::read(b"GET /nodes HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(whole, WholeRequest { line: "GET /nodes HTTP/1.1".into(), body: String::new() });
        assert_eq!(WholeRequest::read(b"\x16\x03\x01 no HTTP"), None);
    }
}
