//! A request on its way to a scheduler.

use axum::http::request::Parts;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Full;
use persys_contract::REQUEST_ID;
use persys_reference_base::RequestId;
use persys_reference_base::defect;

/// What the gateway sends on: the caller's request, with the gateway's
/// connection in place of the caller's.
#[derive(Clone, Debug)]
pub struct Outgoing {
    method: Method,
    /// Exactly as the caller sent them.
    path_and_query: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Outgoing {
    /// Takes over everything that is meant for the scheduler.
    pub fn new(parts: &Parts, body: Bytes, id: &RequestId) -> Self {
        let mut headers = end_to_end(&parts.headers);
        // These speak of the caller's connection, or are made anew.
        for name in [header::HOST, header::CONTENT_LENGTH, header::EXPECT] {
            headers.remove(name);
        }
        set_id(&mut headers, id);
        let path_and_query = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        Self {
            method: parts.method.clone(),
            path_and_query: path_and_query.to_owned(),
            headers,
            body,
        }
    }

    /// The question whether a scheduler serves.
    pub fn probe(path: &'static str, id: &RequestId) -> Self {
        let mut headers = HeaderMap::new();
        set_id(&mut headers, id);
        Self { method: Method::GET, path_and_query: path.to_owned(), headers, body: Bytes::new() }
    }

    /// Whether it may be sent twice without doing anything twice.
    pub fn is_safe(&self) -> bool {
        self.method.is_safe()
    }

    /// The request as it is written to the scheduler at `authority`.
    pub(super) fn request(&self, authority: &str) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        // The text was part of a URI, so it is one.
        *request.uri_mut() = self.path_and_query.parse().unwrap_or_default();
        *request.headers_mut() = self.headers.clone();
        if let Ok(host) = HeaderValue::from_str(authority) {
            request.headers_mut().insert(header::HOST, host);
        }
        request
    }
}

fn set_id(headers: &mut HeaderMap, id: &RequestId) {
    defect!("request-id-not-forwarded" => {
        headers.remove(REQUEST_ID);
        return;
    });
    // An acceptable id is printable ASCII, which every header takes.
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, value);
    }
}

/// All headers but those that concern a single connection (RFC 9110 §7.6.1).
pub(super) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    static PER_CONNECTION: [HeaderName; 8] = [
        header::CONNECTION,
        HeaderName::from_static("keep-alive"),
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    let mut kept = headers.clone();
    let named = headers.get_all(header::CONNECTION).iter();
    let named = named.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    for name in named {
        kept.remove(name.trim());
    }
    for name in &PER_CONNECTION {
        kept.remove(name);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(request: http::request::Builder) -> Request<Full<Bytes>> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let id = RequestId::take_over(Some("id-1"));
        Outgoing::new(&parts, Bytes::from_static(b"{}"), &id).request("10.0.0.1:8085")
    }

    #[test]
    fn path_and_query_are_sent_as_they_came() {
        for path in ["/workloads/a%2Fb?status=Running&x=%20y", "/nodes?", "/workloads/..", "/nodes"]
        {
            let sent = outgoing(Request::get(format!("https://gateway:8551{path}")));
            assert_eq!(sent.uri().to_string(), path);
        }
    }

    #[test]
    fn only_end_to_end_headers_go_on() {
        let sent = outgoing(
            Request::post("/workloads/schedule")
                .header("host", "gateway")
                .header("connection", "keep-alive, X-Hop")
                .header("x-hop", "1")
                .header("transfer-encoding", "chunked")
                .header("expect", "100-continue")
                .header("x-request-id", "too old")
                .header("content-type", "application/json")
                .header("x-other", "kept"),
        );
        let mut names: Vec<_> = sent.headers().keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "host", "x-other", "x-request-id"]);
        assert_eq!(sent.headers()["host"], "10.0.0.1:8085");
        assert_eq!(sent.headers()["x-request-id"], "id-1");
    }

    #[test]
    fn only_get_and_head_are_safe() {
        for (method, safe) in
            [("GET", true), ("HEAD", true), ("POST", false), ("PUT", false), ("DELETE", false)]
        {
            let (parts, ()) = Request::builder().method(method).body(()).unwrap().into_parts();
            assert_eq!(Outgoing::new(&parts, Bytes::new(), &RequestId::new()).is_safe(), safe);
        }
    }
}
