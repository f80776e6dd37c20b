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
