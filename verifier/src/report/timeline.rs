//! What happened when and on which machine, for the page and the trace.

use serde_json::Value;

use crate::events::{Evidence, FaultChange, Measurement};

/// Requests of which each is kept; of more, only how many there were is known.
const REQUESTS_MAX: usize = 20_000;
/// Begins the name of a measurement that says how long the platform took to mend itself.
const REPAIR: &str = "time_to_";

/// All times are milliseconds since the run's start.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    pub requests: Vec<Request>,
    pub requests_left_out: usize,
    pub faults: Vec<Band>,
    pub repairs: Vec<Repair>,
    pub usage: Vec<Usage>,
}

/// An exchange with one of the platform's listeners.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub machine: String,
    /// When it was sent.
    pub at: f64,
    pub ms: f64,
    pub what: String,
    /// Absent when nothing was answered.
    pub status: Option<u16>,
}

/// A fault, from its injection to its healing.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    pub machine: String,
    pub lease: String,
    pub what: String,
    pub from: f64,
    /// Absent while it lasts.
    pub to: Option<f64>,
    /// Whether it ended otherwise than by being healed.
    pub odd: bool,
}

/// The time that the platform took to be well again.
#[derive(Clone, Debug, PartialEq)]
pub struct Repair {
    pub what: String,
    pub from: f64,
    pub to: f64,
}

/// What a component took at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    pub at: f64,
    pub machine: String,
    pub component: String,
    pub rss_bytes: f64,
    pub open_fds: f64,
    /// Processor seconds since the component's start.
    pub cpu_seconds: f64,
}

impl Timeline {
    /// `machine_of` knows the machine that has an address.
    pub fn see(&mut self, at: f64, evidence: &Evidence, machine_of: impl Fn(&str) -> String) {
        let data = &evidence.data;
        match evidence.kind.as_str() {
            "http" => {
                let Some(ms) = data["ms"].as_f64() else { return };
                if self.requests.len() == REQUESTS_MAX {
                    self.requests_left_out += 1;
                    return;
                }
                self.requests.push(Request {
                    machine: machine_of(host(data["address"].as_str().unwrap_or_default())),
                    at: (at - ms).max(0.0),
                    ms,
                    what: evidence.summary.clone(),
                    status: data["status"].as_u64().and_then(|status| status.try_into().ok()),
                });
            }
            "usage" => self.usage.extend(usage(at, data)),
            _ => {}
        }
    }

    pub fn change(&mut self, at: f64, change: &FaultChange) {
        let open = self.faults.iter_mut().rev().find(|band| {
            band.to.is_none() && band.machine == change.machine && band.lease == change.lease
        });
        match (change.change.as_str(), open) {
            ("injected", _) => self.faults.push(self.band(at, None, change)),
            ("action", _) => self.faults.push(self.band(at, Some(at), change)),
            // Trying to heal goes on.
            ("heal-failed", Some(band)) => band.odd = true,
            (how, Some(band)) => {
                band.to = Some(at);
                band.odd |= how != "healed";
            }
            (_, None) => {}
        }
    }

    pub fn measure(&mut self, at: f64, measured: &Measurement) {
        let Some(what) = measured.name.strip_prefix(REPAIR) else { return };
        if measured.unit == "s" {
            let from = (at - measured.value * 1000.0).max(0.0);
            self.repairs.push(Repair { what: what.replace('_', " "), from, to: at });
        }
    }

    fn band(&self, from: f64, to: Option<f64>, change: &FaultChange) -> Band {
        let what = words(&change.fault);
        let (machine, lease) = (change.machine.clone(), change.lease.clone());
        Band { machine, lease, what, from, to, odd: false }
    }
}

/// `pause prow-scheduler`: a fault's kind, and then what it is about.
pub(super) fn words(fault: &Value) -> String {
    let Value::Object(fields) = fault else {
        return fault.as_str().map_or_else(|| fault.to_string(), str::to_owned);
    };
    let kind = |name: &&String| ["kind", "action", "order"].contains(&name.as_str());
    let (kinds, rest): (Vec<_>, Vec<_>) = fields.iter().partition(|(name, _)| kind(name));
    let text = |(_, value): &(&String, &Value)| match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => {
            let all =
                all.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), Into::into));
            all.collect::<Vec<String>>().join(", ")
        }
        other => other.to_string(),
    };
    kinds.iter().chain(&rest).map(text).collect::<Vec<_>>().join(" ")
}

/// The address's host, without scheme, port and brackets.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or_default();
    match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => rest.rsplit_once(':').map_or(rest, |(host, _)| host),
    }
}

fn usage(at: f64, data: &Value) -> Vec<Usage> {
    let components = data["components"].as_array().map(Vec::as_slice).unwrap_or_default();
    let each = components.iter().filter_map(|component| {
        Some(Usage {
            at,
            machine: component["machine"].as_str()?.to_owned(),
            component: component["component"].as_str()?.to_owned(),
            rss_bytes: component["rssBytes"].as_f64()?,
            open_fds: component["openFds"].as_f64()?,
            cpu_seconds: component["cpuSeconds"].as_f64()?,
        })
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(lease: &str, change: &str) -> FaultChange {
        FaultChange {
            machine: "prow1".into(),
            lease: lease.into(),
            change: change.into(),
            fault: json!({ "component": "prow-scheduler", "kind": "pause" }),
            detail: None,
        }
    }

    #[test]
    fn a_fault_lasts_from_its_injection_to_its_end() {
        let mut timeline = Timeline::default();
        timeline.change(10.0, &change("a", "injected"));
        timeline.change(20.0, &change("b", "injected"));
        timeline.change(30.0, &change("a", "healed"));
        timeline.change(35.0, &change("b", "heal-failed"));
        timeline.change(40.0, &change("b", "expired"));
        timeline.change(50.0, &change("c", "action"));
        timeline.change(60.0, &change("d", "injected"));
        let told: Vec<_> =
            timeline.faults.iter().map(|band| (band.from, band.to, band.odd)).collect();
        assert_eq!(
            told,
            [
                (10.0, Some(30.0), false),
                (20.0, Some(40.0), true),
                (50.0, Some(50.0), false),
                (60.0, None, false)
            ]
        );
        assert_eq!(timeline.faults[0].what, "pause prow-scheduler");
    }

    #[test]
    fn requests_are_told_by_machine_and_sending_time() {
        let mut timeline = Timeline::default();
        let http = |address: &str| Evidence {
            kind: "http".into(),
            summary: "GET /nodes".into(),
            data: json!({ "address": address, "ms": 4.0, "status": 200 }),
        };
        for address in ["https://10.0.0.1:8551/x", "10.0.0.1:8085", "https://[fd00::1]:1"] {
            timeline.see(10.0, &http(address), |host| format!("<{host}>"));
        }
        let told: Vec<_> =
            timeline.requests.iter().map(|r| (r.machine.as_str(), r.at, r.status)).collect();
        assert_eq!(
            told,
            [
                ("<10.0.0.1>", 6.0, Some(200)),
                ("<10.0.0.1>", 6.0, Some(200)),
                ("<fd00::1>", 6.0, Some(200))
            ]
        );
    }

    #[test]
    fn only_times_to_mend_are_repairs() {
        let mut timeline = Timeline::default();
        let measured = |name: &str| Measurement { name: name.into(), value: 1.5, unit: "s".into() };
        timeline.measure(2000.0, &measured("time_to_new_leader"));
        timeline.measure(2000.0, &measured("schedule_response"));
        let repair = Repair { what: "new leader".into(), from: 500.0, to: 2000.0 };
        assert_eq!(timeline.repairs, [repair]);
    }
}
