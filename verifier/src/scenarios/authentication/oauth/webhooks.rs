//! What GitHub reports by itself, and what others would have it reported.

use futures::future::try_join_all;
use persys_contract::{ErrorCode, REQUEST_ID};
use reqwest::Method;
use serde_json::{Value, json};

use super::login::{gateway_url, github};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    scenarios::support::{Component, Refusals, Refused},
};

/// Copies of one delivery that come at the same time.
const AT_ONCE: usize = 6;

/// A delivery as GitHub tells of it.
struct Delivery(Value);

impl Delivery {
    /// Has GitHub send a webhook to the gateway.
    async fn make(cx: &Context, delivery: &str, tamper: Option<&str>) -> Result<Self, StepError> {
        let mut order = json!({
            "url": gateway_url(cx, "/webhook"),
            "event": "push",
            "delivery": delivery,
            "payload": { "ref": "refs/heads/main", "pusher": { "name": "münchen" } },
        });
        if let Some(tamper) = tamper {
            order["tamper"] = tamper.into();
        }
        github(cx)?.order(Method::POST, "/webhooks", Some(&order)).await.map(Self)
    }

    /// Has GitHub send the same bytes again.
    async fn again(&self, cx: &Context) -> Result<Self, StepError> {
        let path = format!("/webhooks/{}/redeliver", self.0["id"]);
        github(cx)?.order(Method::POST, &path, None).await.map(Self)
    }

    fn status(&self) -> u64 {
        self.0["status_code"].as_u64().unwrap_or_default()
    }

    /// The gateway's answer.
    fn answer(&self) -> Value {
        let text = self.0["response"]["payload"].as_str().unwrap_or_default();
        serde_json::from_str(text).unwrap_or_else(|_| text.into())
    }

    fn is_refusal(&self, code: ErrorCode) -> bool {
        self.status() == u64::from(code.status()) && self.answer()["code"] == code.as_str()
    }

    /// How the gateway's log must tell of its refusal.
    fn refused(&self, cx: &Context) -> Result<Refused, StepError> {
        let machine = github(cx)?.machine().to_owned();
        let host = cx.topology().machines[&machine].address;
        Ok(Refused::request(host, self.0["response"]["headers"][REQUEST_ID].as_str()))
    }
}

fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub async fn accepted(cx: &mut Context) -> StepResult {
    let delivery = Delivery::make(cx, &id(), None).await?;
    let mut checks = cx.checks();
    checks.equal("status of a webhook of GitHub's", delivery.status(), 202);
    checks.finish()
}

/// A webhook that is refused leaves nothing behind: the true one that comes
/// later under the same id is new.
pub async fn refused(cx: &mut Context) -> StepResult {
    for (code, tampers) in [
        (ErrorCode::BadWebhookSignature, &["body", "signature", "scheme", "secret"][..]),
        (ErrorCode::BadRequest, &["missing-signature", "missing-event", "missing-delivery"]),
    ] {
        let refusals = Refusals::begin(cx, &Component::gateway(cx)).await?;
        let (mut told, mut checks) = (Vec::new(), cx.checks());
        for tamper in tampers {
            let id = id();
            let delivery = Delivery::make(cx, &id, Some(tamper)).await?;
            checks.is_true(
                &format!("a webhook with tamper {tamper} is refused"),
                delivery.is_refusal(code),
                format!(
                    "expected {} {code}; got {} {}",
                    code.status(),
                    delivery.status(),
                    delivery.answer()
                ),
            );
            told.push(delivery.refused(cx)?);
            let good = Delivery::make(cx, &id, None).await?;
            checks.equal("status of the true webhook under the same id", good.status(), 202);
        }
        checks.finish()?;
        refusals.told(cx, code.as_str(), &told).await?;
    }
    Ok(())
}

/// GitHub sends again what it thinks was lost.
pub async fn duplicate(cx: &mut Context) -> StepResult {
    let first = Delivery::make(cx, &id(), None).await?;
    let mut checks = cx.checks();
    checks.equal("status of the first", first.status(), 202);
    for _ in 0..2 {
        let again = first.again(cx).await?;
        checks.equal("status of a duplicate", again.status(), 200);
        checks.equal("its answer", &again.answer()["status"], &json!("duplicate"));
    }
    let one = id();
    let cx = &*cx;
    let all = try_join_all((0..AT_ONCE).map(|_| Delivery::make(cx, &one, None))).await?;
    let mut statuses: Vec<_> = all.iter().map(Delivery::status).collect();
    statuses.sort_unstable();
    let mut wanted = vec![200; AT_ONCE - 1];
    wanted.push(202);
    checks.equal("statuses of copies that came at once", statuses, wanted);
    checks.finish()
}
