//! A port that a workload publishes, asked from the client machine.

use std::time::Duration;

use super::{
    Conformance, Exchange, HttpRequest, ProbeError, evidence::Evidence, http::HttpProbe,
    setup::ProbeSetup,
};

const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks a workload's own server over plain HTTP.
#[derive(Clone)]
pub struct PublishedProbe {
    http: HttpProbe,
}

impl PublishedProbe {
    pub(super) fn new(
        setup: &ProbeSetup,
        evidence: &Evidence,
        machine: &str,
        port: u16,
    ) -> Result<Self, ProbeError> {
        let address = setup.socket(machine, port)?;
        let who = format!("port {port} of {machine}");
        let (secrets, evidence) = (setup.secrets().clone(), evidence.clone());
        let http = HttpProbe::new(who, address, None, Conformance::none(), secrets, evidence)?;
        Ok(Self { http: http.with_timeout(TIMEOUT) })
    }

    pub async fn get(&self, path: &str) -> Result<Exchange, ProbeError> {
        self.http.send(HttpRequest::get(path)).await
    }
}
