//! Sends webhooks on demand.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use persys_identity::LoadedCredentials;
use persys_reference_base::Secret;
use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;

use super::{
    Delivery, DeliverySummary, Tamper, attempt::attempt, delivery::Sent, log::DeliveryLog, sign,
};

/// GitHub waits this long for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
const USER_AGENT: &str = "GitHub-Hookshot/persys1";
/// The number of the hook that every delivery is said to come from.
const HOOK_ID: &str = "1";

/// A delivery to make.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    pub url: Url,
    pub event: String,
    /// The body as JSON, or
    pub payload: Option<Value>,
    /// the body's very text.
    pub body: Option<String>,
    /// Instead of the configured one; empty for a hook without a secret.
    pub secret: Option<String>,
    /// `X-GitHub-Delivery`; a new UUID if absent.
    pub delivery: Option<String>,
    pub tamper: Option<Tamper>,
}

/// Why a delivery cannot be made; follows "failed to".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("read the delivery: give either payload or body")]
    Body,
    #[error("read the delivery: event and delivery must be printable")]
    Header,
    #[error("read the delivery: the url must be http or https and have a host")]
    Url,
    #[error("sign the delivery: no secret is configured and none is given")]
    NoSecret,
}

/// The sender and its log.
pub struct Webhooks {
    client: Client,
    secret: Option<Secret>,
    log: DeliveryLog,
    next: AtomicU64,
}

impl Webhooks {
    /// `credentials` say whom to trust, and what to show if `shows_certificate`.
    pub fn new(
        credentials: &LoadedCredentials,
        shows_certificate: bool,
        secret: Option<Secret>,
    ) -> anyhow::Result<Self> {
        let tls = if shows_certificate {
            credentials.client_config()?
        } else {
            credentials.client_config_without_certificate()
        };
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            // Deliveries that share a connection would share its failure.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { client, secret, log: DeliveryLog::default(), next: AtomicU64::new(1) })
    }

    /// Makes a delivery and waits for its end, which is in the log too.
    pub async fn deliver(&self, order: Order) -> Result<Delivery, OrderError> {
        let (url, event) = (order.url.clone(), order.event.clone());
        let (guid, action, sent) = self.prepare(order)?;
        Ok(self.send(url, event, action, guid, sent, false).await)
    }

    /// Makes a delivery again: the same bytes under the same `X-GitHub-Delivery`.
    pub async fn redeliver(&self, id: u64) -> Option<Delivery> {
        let Delivery { summary, request, .. } = self.log.find(id)?;
        let url = Url::parse(&summary.url).ok()?;
        let DeliverySummary { guid, event, action, .. } = summary;
        Some(self.send(url, event, action, guid, request, true).await)
    }

    pub fn find(&self, id: u64) -> Option<Delivery> {
        self.log.find(id)
    }

    /// The last one first.
    pub fn list(&self) -> Vec<DeliverySummary> {
        self.log.list()
    }

    fn prepare(&self, order: Order) -> Result<(String, Option<String>, Sent), OrderError> {
        let web = matches!(order.url.scheme(), "http" | "https") && order.url.has_host();
        if !web {
            return Err(OrderError::Url);
        }
        let guid = order.delivery.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let printable = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        if !printable(&guid) || !printable(&order.event) {
            return Err(OrderError::Header);
        }
        let action = order.payload.as_ref().and_then(|payload| payload["action"].as_str());
        let action = action.map(str::to_owned);
        let mut body = match (order.payload, order.body) {
            (Some(payload), None) => payload.to_string(),
            (None, Some(body)) => body,
            _ => return Err(OrderError::Body),
        }
        .into_bytes();

        let mut headers = BTreeMap::from(
            [
                ("accept", "*/*"),
                ("content-type", "application/json"),
                ("user-agent", USER_AGENT),
                ("x-github-delivery", guid.as_str()),
                ("x-github-event", order.event.as_str()),
                ("x-github-hook-id", HOOK_ID),
                ("x-github-hook-installation-target-id", "1"),
                ("x-github-hook-installation-target-type", "repository"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let secret = match &order.secret {
            Some(secret) => secret.as_bytes(),
            None => self.secret.as_ref().ok_or(OrderError::NoSecret)?.as_bytes(),
        };
        if !secret.is_empty() {
            let other = [secret, b"-other"].concat();
            let spoilt = order.tamper == Some(Tamper::Secret);
            let mut signature = sign(if spoilt { &other } else { secret }, &body);
            if let Some(tamper) = order.tamper {
                tamper.signature(&mut signature);
            }
            headers.insert("x-hub-signature-256".to_owned(), signature);
        }
        if let Some(tamper) = order.tamper {
            tamper.body(&mut body);
            if let Some(name) = tamper.left_out() {
                headers.remove(name);
            }
        }
        let payload = String::from_utf8_lossy(&body).into_owned();
        Ok((guid, action, Sent { headers, payload }))
    }

    async fn send(
        &self,
        url: Url,
        event: String,
        action: Option<String>,
        guid: String,
        request: Sent,
        redelivery: bool,
    ) -> Delivery {
        let delivered_at = OffsetDateTime::now_utc();
        let shown = url.to_string();
        let outcome = attempt(&self.client, url, &request).await;
        let summary = DeliverySummary {
            id: self.next.fetch_add(1, Ordering::Relaxed),
            guid,
            delivered_at,
            redelivery,
            duration: outcome.duration.as_secs_f64(),
            status: outcome.status,
            status_code: outcome.status_code,
            event,
            action,
            url: shown,
        };
        tracing::info!(
            delivery = summary.guid,
            event = summary.event,
            status = summary.status_code,
            redelivery,
            "sent a webhook"
        );
        let delivery = Delivery { summary, request, response: outcome.answer };
        self.log.add(delivery.clone());
        delivery
    }
}

#[cfg(test)]
#[path = "sender_tests.rs"]
mod tests;
