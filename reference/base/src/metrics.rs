//! The metrics that every service has (contract §7).

use std::time::Duration;

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder, core::Collector,
};

/// One service's registry with the metrics that all services share.
#[derive(Clone)]
pub struct Metrics {
    service: &'static str,
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    rejections: IntCounterVec,
}

impl Metrics {
    pub fn new(service: &'static str) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("persys_http_requests_total", "Requests that were answered."),
            &["service", "method", "route", "status"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "persys_http_request_duration_seconds",
                "Time from a request's head to its response's head.",
            ),
            &["service", "method", "route"],
        )?;
        let rejections = IntCounterVec::new(
            Opts::new("persys_auth_rejections_total", "Callers that were refused, by reason."),
            &["service", "reason"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(rejections.clone()))?;
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(Self { service, registry, requests, durations, rejections })
    }

    pub fn service(&self) -> &'static str {
        self.service
    }

    /// Adds a metric of the service's own and gives it back.
    pub fn register<C: Collector + Clone + 'static>(
        &self,
        metric: C,
    ) -> Result<C, prometheus::Error> {
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    pub fn count_request(&self, method: &str, route: &str, status: u16, took: Duration) {
        crate::defect!("requests-not-counted" => return);
        let status = status.to_string();
        self.requests.with_label_values(&[self.service, method, route, &status]).inc();
        crate::defect!("requests-not-timed" => return);
        self.durations
            .with_label_values(&[self.service, method, route])
            .observe(took.as_secs_f64());
    }

    /// Counts a caller that was refused: a code of contract §4 or a reason of the handshake.
    pub fn count_rejection(&self, reason: &str) {
        crate::defect!("rejections-not-counted" => return);
        self.rejections.with_label_values(&[self.service, reason]).inc();
    }

    /// Everything in Prometheus' text format.
    pub fn text(&self) -> String {
        // A metric that cannot be written is a defect of this service, not of the scrape.
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    /// `GET /metrics`.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let metrics = self.clone();
        let serve = move || async move {
            ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.text())
        };
        Router::new().route("/metrics", get(serve))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_the_contract_s_names() {
        let metrics = Metrics::new("test").unwrap();
        metrics.count_request("GET", "/nodes", 200, Duration::from_millis(3));
        metrics.count_rejection("bad_signature");
        let own = prometheus::IntGauge::new("persys_is_leader", "Leads.").unwrap();
        metrics.register(own).unwrap().set(1);
        let text = metrics.text();
        for line in [
            r#"persys_http_requests_total{method="GET",route="/nodes",service="test",status="200"} 1"#,
            r#"persys_http_request_duration_seconds_count{method="GET",route="/nodes",service="test"} 1"#,
            r#"persys_auth_rejections_total{reason="bad_signature",service="test"} 1"#,
            "persys_is_leader 1",
            "process_resident_memory_bytes ",
            "process_open_fds ",
            "process_cpu_seconds_total ",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
