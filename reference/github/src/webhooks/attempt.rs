//! One request of the sender's and what came of it.

use std::{
    collections::BTreeMap,
    error::Error,
    time::{Duration, Instant},
};

use reqwest::{
    Client, Response,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use url::Url;

use super::{Answer, delivery::Sent};

/// How much of an answer's body is kept.
const KEPT: usize = 64 * 1024;

/// How a delivery ended.
pub struct Outcome {
    pub status: String,
    pub status_code: u16,
    pub duration: Duration,
    pub answer: Option<Answer>,
}

/// Sends a delivery once and waits for the answer, as long as the client's limits allow.
pub async fn attempt(client: &Client, url: Url, sent: &Sent) -> Outcome {
    let mut headers = HeaderMap::new();
    for (name, value) in &sent.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    let started = Instant::now();
    let request = client.post(url).headers(headers).body(sent.payload.clone());
    let outcome = |status: String, status_code, answer| Outcome {
        status,
        status_code,
        duration: started.elapsed(),
        answer,
    };
    match request.send().await {
        Ok(response) => {
            let status = response.status();
            let reason = status.canonical_reason().unwrap_or("unknown status");
            let answer = read_answer(response).await;
            let said = if status.is_success() { "OK" } else { reason };
            outcome(said.to_owned(), status.as_u16(), Some(answer))
        }
        Err(error) if error.is_timeout() => outcome("timed out".to_owned(), 504, None),
        Err(error) => outcome(format!("failed to connect to host: {}", root(&error)), 502, None),
    }
}

async fn read_answer(mut response: Response) -> Answer {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: BTreeMap<String, String> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect();
    let mut body = Vec::new();
    // A body that breaks off is shown as far as it came.
    while let Ok(Some(part)) = response.chunk().await {
        let room = KEPT - body.len();
        body.extend_from_slice(&part[..part.len().min(room)]);
        if body.len() == KEPT {
            break;
        }
    }
    Answer { headers, payload: String::from_utf8_lossy(&body).into_owned() }
}

/// The innermost cause, which says more than those around it.
fn root(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => root(source),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// Sends to a receiver that reads the request, writes `answer` and then keeps silent.
    async fn outcome(answer: Vec<u8>) -> Outcome {
        persys_identity::install_crypto();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let receiving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            stream.write_all(&answer).await.unwrap();
            stream
        });
        let client = Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .timeout(Duration::from_millis(500))
            .build()
            .unwrap();
        let sent = Sent { headers: BTreeMap::new(), payload: "{}".to_owned() };
        let outcome = attempt(&client, url, &sent).await;
        receiving.abort();
        outcome
    }

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_a_timeout() {
        let outcome = outcome(Vec::new()).await;
        assert_eq!((outcome.status_code, outcome.status.as_str()), (504, "timed out"));
        assert!(outcome.answer.is_none());
    }

    #[tokio::test]
    async fn of_a_long_or_broken_answer_as_much_is_kept_as_is_useful() {
        let head =
            "HTTP/1.1 500 Internal Server Error\r\nx-one: 1\r\ncontent-length: 1000000\r\n\r\n";
        let long = outcome([head.as_bytes(), &[b'x'; 100_000]].concat()).await;
        assert_eq!((long.status_code, long.status.as_str()), (500, "Internal Server Error"));
        let answer = long.answer.unwrap();
        assert_eq!(answer.headers["x-one"], "1");
        assert_eq!(answer.payload.len(), KEPT);
        let broken = outcome([head.as_bytes(), b"beginning"].concat()).await;
        assert_eq!(broken.answer.unwrap().payload, "beginning");
    }
}
