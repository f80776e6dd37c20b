//! What a component tells of those whom it refuses: a line of its log with the
//! reason and the peer, and a counter (contract §4, §7).

use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use super::Component;
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::{FaultProbe, Scrape},
};

const COUNTER: &str = "persys_auth_rejections_total";

/// Somebody who was refused, by what is known of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    peer: Peer,
    /// The request's id, where a request was made.
    request_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Peer {
    At(SocketAddr),
    /// From any port.
    Host(IpAddr),
}

impl Refused {
    /// A connection of which both ends are known.
    pub fn at(peer: SocketAddr) -> Self {
        Self { peer: Peer::At(peer), request_id: None }
    }

    /// A request from this host with this id.
    pub fn request(host: impl Into<IpAddr>, id: Option<&str>) -> Self {
        Self { peer: Peer::Host(host.into()), request_id: id.map(str::to_owned) }
    }

    /// Whether a line of the log tells of this refusal for this reason.
    fn is_told_by(&self, line: &Value, reason: &str) -> bool {
        let peer = line["peer"].as_str().unwrap_or_default();
        let address: Option<SocketAddr> = peer.parse().ok();
        let same_peer = match self.peer {
            Peer::At(wanted) => address == Some(wanted),
            Peer::Host(wanted) => address.is_some_and(|address| address.ip() == wanted),
        };
        let same_request =
            self.request_id.as_deref().is_none_or(|id| line["requestId"].as_str() == Some(id));
        line["reason"].as_str() == Some(reason) && same_peer && same_request
    }
}

/// The refusals of one component from [`Refusals::begin`] on.
pub struct Refusals {
    component: Component,
    log: FaultProbe,
    offset: u64,
    before: Scrape,
}

impl Refusals {
    pub async fn begin(cx: &Context, component: &Component) -> Result<Self, StepError> {
        let log = cx.faults(&component.machine);
        let offset = log.log_end(component.name).await?;
        let before = component.scrape(cx).await?;
        Ok(Self { component: component.clone(), log, offset, before })
    }

    /// The component must log each refusal with reason and peer, and must have
    /// counted exactly these for this reason.
    pub async fn told(&self, cx: &Context, reason: &str, refused: &[Refused]) -> StepResult {
        self.logged(cx, reason, refused).await?;
        let counted = self.counted(cx, reason).await?;
        let mut checks = cx.checks();
        let name = format!("{COUNTER}{{reason=\"{reason}\"}} of {} went up by", self.component);
        checks.equal(&name, counted, refused.len() as f64);
        checks.finish()
    }

    /// Waits until the log tells of each of these.
    pub async fn logged(&self, cx: &Context, reason: &str, refused: &[Refused]) -> StepResult {
        let count = refused.len();
        let what = format!(
            "the log of {} tells of {count} refusals with reason {reason} and peer",
            self.component
        );
        cx.wait(what, || async {
            let about = |line: &str| line.contains(reason);
            let lines = self.log.log_lines(self.component.name, self.offset, about).await;
            let lines = match lines {
                Ok(lines) => lines,
                Err(error) => return Progress::not_yet(error.to_string()),
            };
            let parsed: Vec<Value> =
                lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
            let untold: Vec<_> = refused
                .iter()
                .filter(|one| !parsed.iter().any(|line| one.is_told_by(line, reason)))
                .collect();
            match untold.first() {
                None => Progress::Ready(()),
                Some(first) => Progress::not_yet(format!(
                    "{} of {count} are not told, the first: {first:?}; lines with that reason: {}",
                    untold.len(),
                    lines.last().map_or("none", String::as_str),
                )),
            }
        })
        .await
    }

    /// By how much the counter of a reason went up.
    pub async fn counted(&self, cx: &Context, reason: &str) -> Result<f64, StepError> {
        let now = self.component.scrape(cx).await?;
        let labels = [("service", self.component.name), ("reason", reason)];
        Ok(now.increase_since(&self.before, COUNTER, &labels))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_tells_of_a_refusal_by_reason_peer_and_request() {
        let line = json!({ "reason": "expired", "peer": "10.0.0.1:4711", "requestId": "r-1" });
        let peer: SocketAddr = "10.0.0.1:4711".parse().unwrap();
        assert!(Refused::at(peer).is_told_by(&line, "expired"));
        assert!(!Refused::at(peer).is_told_by(&line, "unknown_ca"));
        assert!(!Refused::at("10.0.0.1:4712".parse().unwrap()).is_told_by(&line, "expired"));
        assert!(Refused::request(peer.ip(), Some("r-1")).is_told_by(&line, "expired"));
        assert!(Refused::request(peer.ip(), None).is_told_by(&line, "expired"));
        assert!(!Refused::request(peer.ip(), Some("r-2")).is_told_by(&line, "expired"));
        let other: IpAddr = "10.0.0.2".parse().unwrap();
        assert!(!Refused::request(other, Some("r-1")).is_told_by(&line, "expired"));
        assert!(!Refused::at(peer).is_told_by(&json!({ "reason": "expired" }), "expired"));
    }
}
