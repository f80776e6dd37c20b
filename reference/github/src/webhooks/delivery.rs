//! One delivery as the log shows it, in the form of GitHub's own.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

/// What the list of deliveries shows.
#[derive(Clone, Debug, Serialize)]
pub struct DeliverySummary {
    pub id: u64,
    /// `X-GitHub-Delivery`; the same for each redelivery.
    pub guid: String,
    #[serde(with = "time::serde::rfc3339")]
    pub delivered_at: OffsetDateTime,
    pub redelivery: bool,
    /// Seconds until the answer.
    pub duration: f64,
    /// `OK`, or in words what went wrong.
    pub status: String,
    /// The answer's; 502 and 504 stand for no answer and a late one.
    pub status_code: u16,
    pub event: String,
    pub action: Option<String>,
    pub url: String,
}

/// What was sent.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    pub headers: BTreeMap<String, String>,
    /// The body's text, byte for byte.
    pub payload: String,
}

/// What came back, if anything did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Answer {
    pub headers: BTreeMap<String, String>,
    pub payload: String,
}

/// A delivery with request and response.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    #[serde(flatten)]
    pub summary: DeliverySummary,
    pub request: Sent,
    pub response: Option<Answer>,
}
