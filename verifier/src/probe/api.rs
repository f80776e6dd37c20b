//! The platform's API (contract §3.1): the gateway as a client sees it, or a
//! scheduler asked directly, both over mutual TLS.

use std::{net::SocketAddrV4, time::Duration};

use persys_contract::{
    ClusterMetrics, DesiredState, DesiredStateChange, GatewayHealth, NodeList, ReconcileResult,
    ScheduleReply, StatsReply, TriggerReply, Workload, topology::Feature,
};
use reqwest::Method;
use serde_json::Value;

use super::{
    Answer, Conformance, Exchange, HttpRequest, PlainProbe, ProbeError, SignedProbe,
    evidence::Evidence, hang_up::hang_up, http::HttpProbe, setup::ProbeSetup,
};

/// Asks a component that speaks contract §3.1: the gateway, or a scheduler directly.
///
/// Made by [`Probes::gateway`](super::Probes::gateway) and
/// [`Probes::scheduler`](super::Probes::scheduler). Cheap to clone. Every
/// answer is recorded as evidence, and checked for what the contract promises of
/// every answer (`X-Service-Name`, `X-Request-ID`, JSON, the form of refusals,
/// no secret, no stack trace, no path). An answer that breaks one of these fails
/// the running step even if nobody looks at it.
#[derive(Clone)]
pub struct ApiProbe {
    setup: ProbeSetup,
    evidence: Evidence,
    who: String,
    address: SocketAddrV4,
    http: HttpProbe,
    plain: PlainProbe,
    timeout: Duration,
}

impl ApiProbe {
    pub(super) fn new(
        setup: &ProbeSetup,
        evidence: &Evidence,
        who: impl Into<String>,
        address: SocketAddrV4,
        plain_port: u16,
        credentials: &str,
    ) -> Result<Self, ProbeError> {
        let (setup, evidence) = (setup.clone(), evidence.clone());
        let (who, timeout) = (who.into(), setup.timeout());
        let http = Self::http(&setup, &evidence, &who, address, credentials)?;
        let plain_address = SocketAddrV4::new(*address.ip(), plain_port);
        let plain = PlainProbe::new(&setup, &evidence, &who, plain_address)?;
        let http = http.with_timeout(timeout);
        Ok(Self { setup, evidence, who, address, http, plain, timeout })
    }

    fn http(
        setup: &ProbeSetup,
        evidence: &Evidence,
        who: &str,
        address: SocketAddrV4,
        credentials: &str,
    ) -> Result<HttpProbe, ProbeError> {
        let ids = setup.topology().platform.has(Feature::RequestId);
        HttpProbe::new(
            who,
            address,
            Some(&setup.credentials(credentials)?),
            Conformance::api(ids),
            setup.secrets().clone(),
            evidence.clone(),
        )
    }

    /// The same with another pair of the credentials folder: `client`,
    /// `operator`, `chaos` or `etcd-client`.
    pub fn as_role(&self, credentials: &str) -> Result<Self, ProbeError> {
        let http = Self::http(&self.setup, &self.evidence, &self.who, self.address, credentials)?;
        Ok(Self { http: http.with_timeout(self.timeout), ..self.clone() })
    }

    /// The same with another bound on each call.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.with_timeout(timeout);
        self.plain = self.plain.with_timeout(timeout);
        self.timeout = timeout;
        self
    }

    /// The plain listener beside it: health and metrics.
    pub fn plain(&self) -> &PlainProbe {
        &self.plain
    }

    /// A scheduler's plain listener with signed requests (contract §3.2, §4).
    pub fn signed(&self) -> Result<SignedProbe, ProbeError> {
        SignedProbe::new(self.plain.http().clone(), &self.setup)
    }

    pub(super) fn who(&self) -> &str {
        &self.who
    }

    pub(super) fn socket(&self) -> SocketAddrV4 {
        self.address
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// What a client presents that makes its connection itself.
    pub(super) fn client_config(&self) -> Result<rustls::ClientConfig, ProbeError> {
        let credentials = self.setup.credentials("client")?;
        credentials.client_config().map_err(|error| ProbeError::setup(error.to_string()))
    }

    /// `https://ip:port`.
    pub fn address(&self) -> &str {
        self.http.base()
    }

    /// Sends any request; `body` is JSON when it is given.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Exchange, ProbeError> {
        let request = HttpRequest::new(method, path);
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Sends any request, with full control over headers and body.
    pub async fn send(&self, request: HttpRequest) -> Result<Exchange, ProbeError> {
        self.http.send(request).await
    }

    /// Sends a whole request as role `client` and closes the connection without
    /// waiting for the answer.
    pub async fn send_and_hang_up(&self, request: &HttpRequest) -> Result<(), ProbeError> {
        let credentials = self.setup.credentials("client")?;
        hang_up(&self.who, self.address, &credentials, request, &self.evidence).await
    }

    async fn ask<T>(&self, request: HttpRequest) -> Result<Answer<T>, ProbeError> {
        self.send(request).await.map(Answer::from)
    }

    /// `POST /workloads/schedule`
    pub async fn schedule(&self, workload: &Workload) -> Result<Answer<ScheduleReply>, ProbeError> {
        self.ask(HttpRequest::new(Method::POST, "/workloads/schedule").json(workload)).await
    }

    /// `GET /workloads/{id}`
    pub async fn workload(&self, id: &str) -> Result<Answer<Workload>, ProbeError> {
        self.ask(HttpRequest::get(format!("/workloads/{id}"))).await
    }

    /// `GET /workloads`, with `query` such as `&[("status", "Running"), ("nodeId", "agent1")]`.
    pub async fn workloads(
        &self,
        query: &[(&str, &str)],
    ) -> Result<Answer<Vec<Workload>>, ProbeError> {
        let pairs: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        let path = format!("/workloads{mark}{}", pairs.join("&"));
        let mut exchange = self.send(HttpRequest::get(path)).await?;
        // The public 2025 builds write an empty list as null (contract §9).
        if self.setup.is_public_build() && exchange.body.trim_ascii() == b"null" {
            exchange.body = "[]".into();
        }
        Ok(exchange.into())
    }

    /// `DELETE /workloads/{id}`: 202 and no body of interest.
    pub async fn delete(&self, id: &str) -> Result<Exchange, ProbeError> {
        self.send(HttpRequest::new(Method::DELETE, format!("/workloads/{id}"))).await
    }

    /// `PUT /workloads/{id}/desired-state`
    pub async fn set_desired_state(
        &self,
        id: &str,
        desired_state: DesiredState,
    ) -> Result<Exchange, ProbeError> {
        let path = format!("/workloads/{id}/desired-state");
        let change = DesiredStateChange { desired_state };
        self.send(HttpRequest::new(Method::PUT, path).json(&change)).await
    }

    /// `POST /workloads/{id}/reconcile`
    pub async fn reconcile(&self, id: &str) -> Result<Answer<ReconcileResult>, ProbeError> {
        self.ask(HttpRequest::new(Method::POST, format!("/workloads/{id}/reconcile"))).await
    }

    /// `GET /reconciliation/stats`
    pub async fn stats(&self) -> Result<Answer<StatsReply>, ProbeError> {
        self.ask(HttpRequest::get("/reconciliation/stats")).await
    }

    /// `POST /reconciliation/trigger`
    pub async fn trigger(&self) -> Result<Answer<TriggerReply>, ProbeError> {
        self.ask(HttpRequest::new(Method::POST, "/reconciliation/trigger")).await
    }

    /// `GET /nodes`
    pub async fn nodes(&self) -> Result<Answer<NodeList>, ProbeError> {
        self.ask(HttpRequest::get("/nodes")).await
    }

    /// `GET /cluster/metrics`
    pub async fn cluster_metrics(&self) -> Result<Answer<ClusterMetrics>, ProbeError> {
        self.ask(HttpRequest::get("/cluster/metrics")).await
    }

    /// `GET /health`, which the gateway alone has.
    pub async fn health(&self) -> Result<Answer<GatewayHealth>, ProbeError> {
        self.ask(HttpRequest::get("/health")).await
    }
}
