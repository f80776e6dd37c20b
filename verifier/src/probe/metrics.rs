//! The platform's own figures (contract §7), scraped from its plain listeners.

use std::{collections::BTreeMap, sync::Arc};

use persys_contract::topology::MachineRole;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    Conformance, HttpRequest, ProbeError, Question,
    evidence::Evidence,
    http::HttpProbe,
    prometheus::{self, Sample},
    setup::ProbeSetup,
};

/// Scrapes the components' `/metrics`; made by [`Probes::metrics`](super::Probes::metrics).
#[derive(Clone)]
pub struct MetricsProbe {
    setup: ProbeSetup,
    evidence: Evidence,
}

impl MetricsProbe {
    pub(super) fn new(setup: &ProbeSetup, evidence: &Evidence) -> Self {
        Self { setup: setup.clone(), evidence: evidence.clone() }
    }

    /// The gateway's figures.
    pub async fn gateway(&self) -> Result<Scrape, ProbeError> {
        let (machine, _) = self.setup.topology().one(MachineRole::Gateway);
        self.scrape("the gateway", machine, self.setup.topology().ports.gateway_plain).await
    }

    /// The figures of the scheduler on a machine.
    pub async fn scheduler(&self, machine: &str) -> Result<Scrape, ProbeError> {
        let port = self.setup.topology().ports.scheduler_plain;
        self.scrape(&format!("the scheduler on {machine}"), machine, port).await
    }

    /// The figures of the agent on a machine.
    pub async fn agent(&self, machine: &str) -> Result<Scrape, ProbeError> {
        let port = self.setup.topology().ports.agent;
        self.scrape(&format!("the agent on {machine}"), machine, port).await
    }

    /// The figures of every scheduler, by machine. One that does not answer is an error.
    pub async fn schedulers(&self) -> Result<BTreeMap<String, Scrape>, ProbeError> {
        let mut scrapes = BTreeMap::new();
        for (machine, _) in self.setup.topology().with_role(MachineRole::Scheduler) {
            scrapes.insert(machine.to_owned(), self.scheduler(machine).await?);
        }
        Ok(scrapes)
    }

    /// The machines whose scheduler says that it leads; those that do not answer
    /// are passed over.
    pub async fn leaders(&self) -> Vec<String> {
        let mut leaders = Vec::new();
        for (machine, _) in self.setup.topology().with_role(MachineRole::Scheduler) {
            if let Ok(scrape) = self.scheduler(machine).await
                && scrape.value("persys_is_leader", &[]) == Some(1.0)
            {
                leaders.push(machine.to_owned());
            }
        }
        leaders
    }

    async fn scrape(&self, who: &str, machine: &str, port: u16) -> Result<Scrape, ProbeError> {
        let address = self.setup.socket(machine, port)?;
        let conformance = Conformance::plain();
        let secrets = self.setup.secrets().clone();
        // The exposition is long and changes each time: what is looked up in it is recorded.
        let quiet = self.evidence.muted();
        let http = HttpProbe::new(who, address, None, conformance, secrets, quiet)?
            .with_timeout(self.setup.timeout());
        let question = Question::new(who, http.base(), "GET /metrics");
        let exchange = http.send(HttpRequest::get("/metrics")).await?;
        if exchange.status != 200 {
            let broken = exchange.to_string();
            return Err(ProbeError::Violation { question: Box::new(question), broken });
        }
        let text = exchange.text();
        let samples = prometheus::parse(&text).map_err(|error| {
            let broken = format!("it is no Prometheus exposition: {error}");
            ProbeError::Violation { question: Box::new(question), broken }
        })?;
        let passing = json!({ "series": samples.len() });
        self.evidence.saw("metrics", format!("metrics of {who}"), Value::Null, passing);
        Ok(Scrape {
            who: who.into(),
            at: OffsetDateTime::now_utc(),
            samples: samples.into(),
            types: prometheus::types(&text).into(),
            names: Arc::new(self.setup.topology().platform.metrics.clone()),
            evidence: Some(self.evidence.clone()),
        })
    }
}

/// The figures of one component at one moment. Metrics are asked for by the
/// contract's names; the topology's `platform.metrics` says what the platform calls them.
#[derive(Clone)]
pub struct Scrape {
    who: Arc<str>,
    /// When it was taken, by this machine's clock.
    pub at: OffsetDateTime,
    samples: Arc<[Sample]>,
    types: Arc<BTreeMap<String, String>>,
    names: Arc<BTreeMap<String, String>>,
    evidence: Option<Evidence>,
}

impl std::fmt::Debug for Scrape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let series = self.samples.len();
        f.debug_struct("Scrape").field("who", &self.who).field("series", &series).finish()
    }
}

impl Scrape {
    /// Every series of a metric that has all of these labels. Of a histogram the
    /// series are called `<name>_bucket`, `<name>_sum` and `<name>_count`.
    pub fn series<'a>(
        &'a self,
        name: &str,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = &'a Sample> {
        let name = self.platform_name(name);
        self.samples.iter().filter(move |s| s.name == name && s.has(labels))
    }

    /// The sum over every series of a metric that has all of these labels; `None`
    /// when there is none. The answer is recorded.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut values = self.series(name, labels).map(|s| s.value).peekable();
        let value = values.peek().is_some().then(|| values.sum());
        if let Some(evidence) = &self.evidence {
            let labels: BTreeMap<_, _> = labels.iter().copied().collect();
            let shown = value.map_or_else(|| "absent".to_owned(), |value: f64| value.to_string());
            evidence.saw(
                "metrics",
                format!("{name} of {} is {shown}", self.who),
                json!({ "metric": name, "labels": labels, "value": value }),
                Value::Null,
            );
        }
        value
    }

    /// What the exposition says a metric is: `counter`, `gauge`, `histogram`, …; `None` when it
    /// does not say, which the format allows.
    pub fn kind(&self, name: &str) -> Option<&str> {
        self.types.get(&self.platform_name(name)).map(String::as_str)
    }

    /// By how much a counter went up since an earlier scrape. An absent series
    /// counts as 0, and so does the earlier one when the component was restarted
    /// in between.
    pub fn increase_since(&self, earlier: &Self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let now = self.value(name, labels).unwrap_or(0.0);
        let before = earlier.value(name, labels).unwrap_or(0.0);
        if now < before { now } else { now - before }
    }

    fn platform_name(&self, name: &str) -> String {
        if let Some(mapped) = self.names.get(name) {
            return mapped.clone();
        }
        // A histogram is mapped by its own name, without a series' ending.
        for ending in ["_bucket", "_sum", "_count"] {
            if let Some(mapped) = name.strip_suffix(ending).and_then(|stem| self.names.get(stem)) {
                return format!("{mapped}{ending}");
            }
        }
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(text: &str) -> Scrape {
        let names =
            [("persys_http_request_duration_seconds", "http_latency"), ("persys_nodes", "n")];
        Scrape {
            who: "the gateway".into(),
            at: OffsetDateTime::UNIX_EPOCH,
            samples: prometheus::parse(text).unwrap().into(),
            types: prometheus::types(text).into(),
            names: Arc::new(names.map(|(a, b)| (a.to_owned(), b.to_owned())).into()),
            evidence: None,
        }
    }

    #[test]
    fn series_are_summed_over_the_labels_that_are_not_named() {
        let scrape = scrape("x{a=\"1\",b=\"1\"} 2\nx{a=\"1\",b=\"2\"} 3\nx{a=\"2\"} 5\n");
        assert_eq!(scrape.value("x", &[]), Some(10.0));
        assert_eq!(scrape.value("x", &[("a", "1")]), Some(5.0));
        assert_eq!(scrape.value("x", &[("a", "3")]), None);
        assert_eq!(scrape.series("x", &[("b", "2")]).count(), 1);
    }

    #[test]
    fn the_platform_s_own_names_are_used() {
        let scrape = scrape("# TYPE n gauge\nhttp_latency_count 7\nn{status=\"active\"} 2\n");
        assert_eq!(scrape.value("persys_http_request_duration_seconds_count", &[]), Some(7.0));
        assert_eq!(scrape.value("persys_nodes", &[("status", "active")]), Some(2.0));
        assert_eq!(scrape.kind("persys_nodes"), Some("gauge"));
    }

    #[test]
    fn an_increase_survives_a_restart() {
        let (before, after, restarted) = (scrape("x 5\n"), scrape("x 8\n"), scrape("x 1\n"));
        assert_eq!(after.increase_since(&before, "x", &[]), 3.0);
        assert_eq!(restarted.increase_since(&before, "x", &[]), 1.0);
        assert_eq!(after.increase_since(&before, "y", &[]), 0.0);
    }
}
